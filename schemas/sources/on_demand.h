#pragma once

#include <algorithm>
#include <simdjson.h>
#include <string>
#include <string_view>
#include <utility>

namespace hookledger {

/// What the readers of JSON bodies share. Bodies were checked as JSON before, or a fault in them is an exception:
/// simdjson::simdjson_error.

/// Empty for a key that names no character: a lone surrogate.
inline std::string_view key_of(simdjson::simdjson_result<simdjson::ondemand::field>& field) {
  // Seldom has a key an escape, and then its text lies in the body. The parser has seen that every string ends.
  const char* const begin = field.key().value().raw();
  const char* end = begin;
  while (*end != '"' && *end != '\\') ++end;
  if (*end == '"') return {begin, static_cast<std::size_t>(end - begin)};
  std::string_view key;
  return field.unescaped_key().get(key) == simdjson::SUCCESS ? key : std::string_view();
}

/// The first member of a name: of duplicate keys the first counts, also when it has the wrong type.
struct Member {
  bool seen = false;
  std::string_view text;  ///< Empty unless it is a non-empty string of whole characters.

  void take(simdjson::ondemand::value value) {
    if (std::exchange(seen, true)) return;
    if (value.type() == simdjson::ondemand::json_type::string && value.get_string().get(text) != simdjson::SUCCESS)
      text = {};
  }
};

/// A parser with a buffer for one document at a time. The memory of a larger body is given back when the next one
/// comes.
class BodyParser {
 public:
  static constexpr std::size_t kKeptBytesMax = 4 * 1024 * 1024;

  /// Views that it gives live until the next call.
  simdjson::ondemand::document iterate(std::string_view body) {
    if (body.size() <= kKeptBytesMax && buffer_.size() > kKeptBytesMax + simdjson::SIMDJSON_PADDING) {
      buffer_ = {};
      parser_ = simdjson::ondemand::parser();
    }
    if (buffer_.size() < body.size() + simdjson::SIMDJSON_PADDING)
      buffer_.resize(body.size() + simdjson::SIMDJSON_PADDING);
    std::copy(body.begin(), body.end(), buffer_.begin());
    return parser_.iterate(simdjson::padded_string_view(buffer_.data(), body.size(), buffer_.size()));
  }

 private:
  simdjson::ondemand::parser parser_;
  std::string buffer_;
};

}  // namespace hookledger
