#pragma once

#include <cstddef>
#include <string_view>

namespace hookledger {

/// What stands at the start of a text: a code point, or bytes that are no UTF-8.
struct Utf8Char {
  char32_t code = 0;
  std::size_t size = 0;  ///< Bytes; when invalid, those that one U+FFFD stands for (at least 1).
  bool valid = false;
};

/// `text` must not be empty. Refuses overlong forms, surrogates and what lies beyond U+10FFFF.
Utf8Char first_utf8_char(std::string_view text);

}  // namespace hookledger
