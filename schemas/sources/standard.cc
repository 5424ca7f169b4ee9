#include "schemas/sources/standard.h"

#include <algorithm>

#include "schemas/json.h"
#include "schemas/json_values.h"
#include "schemas/sources/on_demand.h"
#include "schemas/utf8.h"

namespace hookledger {
namespace {

namespace ondemand = simdjson::ondemand;

/// What `data` says of a call.
struct Data {
  Member session, leg, control, device, direction, from, to;

  /// False when the key is none of these.
  bool take(std::string_view key, ondemand::value value) {
    Member* const member = key == "call_session_id"   ? &session
                           : key == "call_leg_id"     ? &leg
                           : key == "call_control_id" ? &control
                           : key == "device_id"       ? &device
                           : key == "direction"       ? &direction
                           : key == "from"            ? &from
                           : key == "to"              ? &to
                                                      : nullptr;
    if (member != nullptr) member->take(value);
    return member != nullptr;
  }
};

/// What one pass over a body finds. Texts are views into the parser's buffer.
struct Body {
  Member specversion, id, source, type, time, timestamp;
  Data data;  ///< The members of `data`.
  Data bare;  ///< Those of the body itself.
  bool data_seen = false, data_is_object = false;

  void read(ondemand::document document) {
    for (auto field : document.get_object()) {
      const std::string_view key = key_of(field);
      if (key == "data") {
        take_data(field.value());
      } else if (!take(key, field.value())) {
        bare.take(key, field.value());
      }
    }
  }

  bool is_cloud_event() const {
    return specversion.text == "1.0" && !id.text.empty() && !source.text.empty() && !type.text.empty();
  }
  bool is_standard_payload() const { return !type.text.empty() && !timestamp.text.empty() && data_is_object; }
  /// What the event says of a call, whatever its shape.
  const Data& said() const { return is_cloud_event() || is_standard_payload() ? data : bare; }

 private:
  bool take(std::string_view key, ondemand::value value) {
    Member* const member = key == "specversion" ? &specversion
                           : key == "id"        ? &id
                           : key == "source"    ? &source
                           : key == "type"      ? &type
                           : key == "time"      ? &time
                           : key == "timestamp" ? &timestamp
                                                : nullptr;
    if (member != nullptr) member->take(value);
    return member != nullptr;
  }

  void take_data(ondemand::value value) {
    if (std::exchange(data_seen, true) || value.type() != ondemand::json_type::object) return;
    data_is_object = true;
    for (auto field : value.get_object()) {
      const std::string_view key = key_of(field);
      data.take(key, field.value());
    }
  }
};

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (; !text.empty(); text.remove_prefix(1)) {
    if (text.front() != '%') {
      out.push_back(text.front());
      continue;
    }
    if (text.size() < 3) return std::nullopt;
    const auto high = hex_digit(text[1]), low = hex_digit(text[2]);
    if (!high || !low) return std::nullopt;
    out.push_back(static_cast<char>(*high << 4 | *low));
    text.remove_prefix(2);
  }
  return out;
}

/// UTF-8 without control characters.
bool is_plain_text(std::string_view text) {
  while (!text.empty()) {
    const Utf8Char character = first_utf8_char(text);
    if (!character.valid || character.code < 0x20 || (character.code >= 0x7F && character.code < 0xA0)) return false;
    text.remove_prefix(character.size);
  }
  return true;
}

/// An attribute of CloudEvents from its HTTP header; empty when it is absent or cannot be read.
std::string attribute(const HeaderLookup& header, std::string_view name) {
  auto text = percent_decoded(header(name));
  return text && is_plain_text(*text) ? std::move(*text) : std::string();
}

/// Then the content type says that the body is one or more CloudEvents, and the headers say nothing.
bool has_events_in_its_body(std::string_view content_type) {
  constexpr std::string_view kCloudEvents = "application/cloudevents";
  return std::ranges::equal(content_type.substr(0, kCloudEvents.size()), kCloudEvents,
                            [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + ('a' - 'A') : a) == b; });
}

class StandardReader : public EventReader {
 public:
  ToldEvent told(const HeaderLookup& header) const override {
    if (has_events_in_its_body(header("content-type")) || attribute(header, "ce-specversion") != "1.0" ||
        attribute(header, "ce-id").empty() || attribute(header, "ce-source").empty()) {
      return {};
    }
    return {attribute(header, "ce-type"), parse_time(attribute(header, "ce-time"))};
  }

  EventHead head(const EventBody& body) override {
    Body parsed;
    read(body.bytes, parsed);
    EventHead head;
    if (parsed.is_cloud_event()) {
      head.type = parsed.type.text;
      head.id = parsed.id.text;
      head.occurred_at = parse_time(parsed.time.text);
    } else if (parsed.is_standard_payload()) {
      head.type = parsed.type.text;
      head.occurred_at = parse_time(parsed.timestamp.text);
    } else {
      head.type = body.type;
      head.occurred_at = body.occurred_at;
    }
    if (head.type.empty() || head.type == kUnrecognisedType) return unrecognised_head(body.bytes);
    if (head.id.empty()) head.id = body.signed_with;
    if (head.id.empty()) head.id = unrecognised_head(body.bytes).id;
    head.call_id = parsed.said().session.text;
    head.leg_id = parsed.said().leg.text;
    head.device_id = parsed.said().device.text;
    return head;
  }

  const EventDetail& detail(const EventBody& body, std::string_view) override {
    Body parsed;
    read(body.bytes, parsed);
    const Data& said = parsed.said();
    detail_.telemetry = true;
    detail_.control_id = said.control.text;
    detail_.direction = said.direction.text;
    detail_.from = said.from.text;
    detail_.to = said.to.text;
    detail_.device_id = said.device.text;
    return detail_;
  }

  void add_values(const EventBody& body, std::span<const std::string> pointers, std::span<const std::uint32_t> slots,
                  FieldValues& values) override {
    Body parsed;
    read(body.bytes, parsed);
    const std::string_view base = &parsed.said() == &parsed.data ? "/data" : "";
    values_.add(body.bytes, {&base, 1}, pointers, slots, values);
  }

 private:
  /// Leaves `parsed` empty when the bytes are no JSON object. In binary mode they may be anything, so that a detail has
  /// to check them again.
  void read(std::string_view body, Body& parsed) {
    if (!is_json(body)) return;
    try {
      parsed.read(parser_.iterate(body));
    } catch (const simdjson::simdjson_error&) {
      parsed = {};
    }
  }

  BodyParser parser_;
  JsonValues values_;
  EventDetail detail_;  ///< Kept, so that its strings need no new memory for every event.
};

}  // namespace

std::unique_ptr<EventReader> make_standard_reader() { return std::make_unique<StandardReader>(); }

}  // namespace hookledger
