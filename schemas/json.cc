#include "schemas/json.h"

#include <cmath>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <simdjson.h>

#include "schemas/error.h"
#include "schemas/json_grammar.h"
#include "schemas/utf8.h"

namespace hookledger {
namespace {

constexpr std::size_t kDepthMax = 1024;
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

bool is_json_without_dom(std::string_view text) {
  return simdjson::validate_utf8(text) && follows_json_grammar(text, kDepthMax);
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
  if (!simdjson::validate_utf8(value)) return string(with_valid_utf8(value));
  const char* text = value.empty() ? "" : value.data();
  state_->writer.String(text, static_cast<rapidjson::SizeType>(value.size()));
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

bool is_json(std::string_view text) {
  static_assert(kDepthMax == simdjson::DEFAULT_MAX_DEPTH);
  if (text.empty()) return false;  // simdjson copies from its data, which may be null.
  if (text.size() > kDomBytesMax) return is_json_without_dom(text);
  thread_local simdjson::dom::parser parser;
  const simdjson::error_code error = parser.parse(text.data(), text.size()).error();
  if (leaves_open(error)) return is_json_without_dom(text);
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
