#pragma once

#include <cstdint>
#include <istream>
#include <string>
#include <string_view>

#include "schemas/error.h"

namespace hookledger {

/// Reads lines of bounded length from untrusted input. The last one need not end with a line break.
class LineReader {
 public:
  LineReader(std::istream& in, std::size_t bytes_max) : in_(in), bytes_max_(bytes_max) {}

  /// False at the end. Errors: kInvalid (the line is too long), kUnavailable (the input cannot be read). After an
  /// error there are no more lines.
  Result<bool> next();
  /// Without its line break; valid until the next call.
  std::string_view line() const { return line_; }
  /// Of `line()`, from 1.
  std::uint64_t number() const { return number_; }

 private:
  bool fill();

  std::istream& in_;
  const std::size_t bytes_max_;
  std::string buffer_;
  std::size_t at_ = 0;
  std::string line_;
  std::uint64_t number_ = 0;
};

}  // namespace hookledger
