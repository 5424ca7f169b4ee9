#pragma once

#include <string>
#include <string_view>

namespace hookledger {

enum class Ink { kPlain, kBold, kDim, kRed, kYellow, kGreen, kCyan };

/// Builds lines for a terminal. Every text passes through `printable()`; a line ends with `…` where it
/// would go past `width` columns.
class TextPage {
 public:
  TextPage(bool colour, unsigned width) : colour_(colour), width_(width) {}

  TextPage& put(std::string_view text, Ink ink = Ink::kPlain);
  /// Padded, or cut, to `columns`.
  TextPage& left(std::string_view text, std::size_t columns, Ink ink = Ink::kPlain);
  TextPage& right(std::string_view text, std::size_t columns, Ink ink = Ink::kPlain);
  /// Never cut: an id that one must be able to copy.
  TextPage& whole(std::string_view id, Ink ink = Ink::kPlain);
  void end_line();
  void line(std::string_view text, Ink ink = Ink::kPlain);
  /// As many lines as it takes, broken between words, each after `indent` spaces.
  void paragraph(std::string_view text, std::size_t indent);

  std::string take() { return std::move(out_); }

 private:
  void emit(std::string_view visible, Ink ink);

  const bool colour_;
  const std::size_t width_;
  std::size_t column_ = 0;
  bool full_ = false;
  std::string out_;
};

}  // namespace hookledger
