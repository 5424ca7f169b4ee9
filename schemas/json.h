#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "schemas/time.h"

namespace hookledger {

/// Writes one JSON text, members in the order given. Invalid UTF-8 in a string becomes U+FFFD, so the
/// text is always valid; what acts on a terminal stands as `\uXXXX`. Not for more than one thread.
class JsonWriter {
 public:
  JsonWriter();
  ~JsonWriter();
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;

  void begin_object();
  void end_object();
  void begin_array();
  void end_array();
  void key(std::string_view name);
  void string(std::string_view value);
  void number(std::int64_t value);
  void number(std::uint64_t value);
  void real(double value);
  void boolean(bool value);
  void null();
  /// `json` must be one valid JSON value. White space between its tokens stays.
  void raw(std::string_view json);
  void time(Time value);

  /// `"name":value`, null when the value is absent (empty string, no time).
  void member(std::string_view name, std::string_view value_or_empty);
  void member(std::string_view name, const std::optional<Time>& value);

  std::string_view view() const;
  void clear();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// How deep a body may be nested.
inline constexpr std::size_t kJsonDepthMax = 1024;

/// Is `text` one RFC 8259 value, in valid UTF-8, nested at most `depth_max` deep?
bool is_json(std::string_view text, std::size_t depth_max = kJsonDepthMax);

/// `json` (valid) without white space between tokens.
std::string minify_json(std::string_view json);

}  // namespace hookledger
