#include "schemas/json.h"

#include <cmath>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <simdjson.h>

#include "schemas/error.h"
#include "schemas/json_grammar.h"
#include "schemas/text.h"
#include "schemas/utf8.h"

namespace hookledger {
namespace {

/// Without a character that would have to be looked at; most texts are.
bool is_plain(std::string_view text) {
  unsigned char all = 0;
  bool deletes = false;
  for (const char c : text) {  // To the end, so that the loop is a vector's.
    all |= static_cast<unsigned char>(c);
    deletes |= c == '\x7F';
  }
  return all < 0x80 && !deletes;
}

void append_unit(std::string& out, std::uint32_t unit) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += "\\u";
  for (const unsigned shift : {12U, 8U, 4U, 0U}) out += kHex[unit >> shift & 0xF];
}

/// The same value. Characters beyond ASCII, and DEL, stand in strings only; C0 in a string is escaped already.
std::string with_escapes(std::string_view json) {
  std::string out;
  out.reserve(json.size() + 16);
  while (!json.empty()) {
    const Utf8Char next = first_utf8_char(json);
    if (next.code < 0x7F || !acts_on_terminal(next.code)) {
      out += json.substr(0, next.size);
    } else if (next.code < 0x10000) {
      append_unit(out, next.code);
    } else {
      append_unit(out, 0xD800 + ((next.code - 0x10000) >> 10));
      append_unit(out, 0xDC00 + ((next.code - 0x10000) & 0x3FF));
    }
    json.remove_prefix(next.size);
  }
  return out;
}

constexpr std::size_t kDomBytesMax = 4 * 1024 * 1024;  // It takes up to twelve times the text, and keeps it.

std::string with_valid_utf8(std::string_view text) {
  std::string valid;
  valid.reserve(text.size() + 16);
  while (!text.empty()) {
    const Utf8Char next = first_utf8_char(text);
    valid += next.valid ? text.substr(0, next.size) : std::string_view("\xEF\xBF\xBD");
    text.remove_prefix(next.size);
  }
  return valid;
}

/// Errors that simdjson's DOM also gives for text that RFC 8259 allows: numbers beyond its types, lone
/// surrogates in escapes, containers counted differently when empty, no memory for its tape.
bool leaves_open(simdjson::error_code error) {
  return error == simdjson::NUMBER_ERROR || error == simdjson::STRING_ERROR || error == simdjson::DEPTH_ERROR ||
         error == simdjson::MEMALLOC || error == simdjson::CAPACITY;
}

bool is_json_without_dom(std::string_view text, std::size_t depth_max) {
  return simdjson::validate_utf8(text) && follows_json_grammar(text, depth_max);
}

}  // namespace

struct JsonWriter::State {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer{buffer};
};

JsonWriter::JsonWriter() : state_(std::make_unique<State>()) {}
JsonWriter::~JsonWriter() = default;

void JsonWriter::begin_object() { state_->writer.StartObject(); }
void JsonWriter::end_object() { state_->writer.EndObject(); }
void JsonWriter::begin_array() { state_->writer.StartArray(); }
void JsonWriter::end_array() { state_->writer.EndArray(); }
void JsonWriter::key(std::string_view name) { string(name); }

void JsonWriter::string(std::string_view value) {
  if (is_plain(value)) {
    const char* text = value.empty() ? "" : value.data();
    state_->writer.String(text, static_cast<rapidjson::SizeType>(value.size()));
    return;
  }
  if (!simdjson::validate_utf8(value)) return string(with_valid_utf8(value));
  rapidjson::StringBuffer quoted;
  rapidjson::Writer<rapidjson::StringBuffer> writer(quoted);
  writer.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
  const std::string escaped = with_escapes({quoted.GetString(), quoted.GetSize()});
  state_->writer.RawValue(escaped.data(), escaped.size(), rapidjson::kStringType);
}

void JsonWriter::number(std::int64_t value) { state_->writer.Int64(value); }
void JsonWriter::number(std::uint64_t value) { state_->writer.Uint64(value); }

void JsonWriter::real(double value) {
  if (std::isfinite(value)) {
    state_->writer.Double(value);
  } else {
    null();
  }
}

void JsonWriter::boolean(bool value) { state_->writer.Bool(value); }
void JsonWriter::null() { state_->writer.Null(); }
void JsonWriter::raw(std::string_view json) {
  if (!is_plain(json)) {
    const std::string escaped = with_escapes(json);
    state_->writer.RawValue(escaped.data(), escaped.size(), rapidjson::kObjectType);
    return;
  }
  state_->writer.RawValue(json.data(), json.size(), rapidjson::kObjectType);
}
void JsonWriter::time(Time value) { string(format_time(value)); }

void JsonWriter::member(std::string_view name, std::string_view value_or_empty) {
  key(name);
  if (value_or_empty.empty()) {
    null();
  } else {
    string(value_or_empty);
  }
}

void JsonWriter::member(std::string_view name, const std::optional<Time>& value) {
  key(name);
  if (value) {
    time(*value);
  } else {
    null();
  }
}

std::string_view JsonWriter::view() const { return {state_->buffer.GetString(), state_->buffer.GetSize()}; }

void JsonWriter::clear() {
  state_->buffer.Clear();
  state_->writer.Reset(state_->buffer);
}

bool is_json(std::string_view text, std::size_t depth_max) {
  static_assert(kJsonDepthMax == simdjson::DEFAULT_MAX_DEPTH);
  if (text.empty()) return false;  // simdjson copies from its data, which may be null.
  if (text.size() > kDomBytesMax) return is_json_without_dom(text, depth_max);
  thread_local simdjson::dom::parser parser;
  const simdjson::error_code error = parser.parse(text.data(), text.size()).error();
  if (leaves_open(error)) return is_json_without_dom(text, depth_max);
  return error == simdjson::SUCCESS;
}

std::string minify_json(std::string_view json) {
  std::string minified(json.size(), '\0');
  std::size_t size = 0;
  const auto error = simdjson::minify(json.data(), json.size(), minified.data(), size);
  require(error == simdjson::SUCCESS, "minify_json was given text that is not JSON");
  minified.resize(size);
  return minified;
}

}  // namespace hookledger
