#include "replay/text_page.h"

#include <algorithm>

#include "replay/presentation.h"
#include "schemas/text.h"

namespace hookledger {
namespace {

std::string_view escape_of(Ink ink) {
  switch (ink) {
    case Ink::kPlain: return "";
    case Ink::kBold: return "\x1b[1m";
    case Ink::kDim: return "\x1b[2m";
    case Ink::kRed: return "\x1b[1;31m";
    case Ink::kYellow: return "\x1b[33m";
    case Ink::kGreen: return "\x1b[32m";
    case Ink::kCyan: return "\x1b[36m";
  }
  return "";
}

}  // namespace

TextPage& TextPage::put(std::string_view text, Ink ink) {
  const std::string visible = printable(text);
  const std::size_t columns = width_of(visible);
  if (full_ || columns == 0) return *this;
  if (column_ + columns <= width_) {
    emit(visible, ink);
  } else {
    full_ = true;
    if (column_ < width_) emit(cut(visible, width_ - column_), ink);
  }
  return *this;
}

TextPage& TextPage::left(std::string_view text, std::size_t columns, Ink ink) {
  const std::string visible = cut(printable(text), columns);
  put(visible, ink);
  return put(std::string(columns - width_of(visible), ' '));
}

TextPage& TextPage::right(std::string_view text, std::size_t columns, Ink ink) {
  const std::string visible = cut(printable(text), columns);
  put(std::string(columns - width_of(visible), ' '));
  return put(visible, ink);
}

TextPage& TextPage::whole(std::string_view id, Ink ink) {
  emit(printable(id), ink);
  return *this;
}

void TextPage::emit(std::string_view visible, Ink ink) {
  const bool coloured = colour_ && ink != Ink::kPlain;
  if (coloured) out_ += escape_of(ink);
  out_ += visible;
  if (coloured) out_ += "\x1b[0m";
  column_ += width_of(visible);
}

void TextPage::end_line() {
  const std::size_t end = out_.find_last_not_of(' ');
  out_.resize(end == std::string::npos ? 0 : end + 1);
  out_ += '\n';
  column_ = 0;
  full_ = false;
}

void TextPage::line(std::string_view text, Ink ink) {
  put(text, ink);
  end_line();
}

void TextPage::paragraph(std::string_view text, std::size_t indent) {
  const std::string visible = printable(text);
  for (std::string_view rest = visible; !rest.empty();) {
    const std::string_view word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
    if (word.empty()) continue;
    if (column_ > indent && column_ + 1 + width_of(word) > width_) end_line();
    put(column_ == 0 ? std::string(indent, ' ') : " ").put(word);
  }
  end_line();
}

}  // namespace hookledger
