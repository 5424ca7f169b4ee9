#include "schemas/sources/telnyx.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <simdjson.h>
#include <unordered_map>

#include "schemas/crypto.h"
#include "schemas/json.h"
#include "schemas/json_values.h"
#include "schemas/record.h"
#include "schemas/sources/on_demand.h"
#include "schemas/text.h"

namespace hookledger {
namespace {

namespace ondemand = simdjson::ondemand;

struct Payload {
  bool seen = false;
  Member session, creator_session, leg, control, direction, from, to, client_state, occurred_at;
  Member hangup_cause, hangup_source, sip_hangup_cause;
  Member recording_id, recording_started_at, recording_ended_at, channels;
  std::string_view urls, public_urls;  ///< Raw JSON objects.
  bool urls_seen = false, public_urls_seen = false;

  void take(ondemand::value value) {
    if (std::exchange(seen, true) || value.type() != ondemand::json_type::object) return;
    for (auto field : value.get_object()) {
      const std::string_view key = key_of(field);
      if (Member* member = find(key)) {
        member->take(field.value());
      } else if (key == "recording_urls") {
        take_object(field.value(), urls, urls_seen);
      } else if (key == "public_recording_urls") {
        take_object(field.value(), public_urls, public_urls_seen);
      }
    }
  }

 private:
  static void take_object(ondemand::value value, std::string_view& raw, bool& object_seen) {
    if (std::exchange(object_seen, true) || value.type() != ondemand::json_type::object) return;
    raw = value.get_object().value().raw_json();
  }

  Member* find(std::string_view key) {
    switch (key.size()) {
      case 2: return key == "to" ? &to : nullptr;
      case 4: return key == "from" ? &from : nullptr;
      case 8: return key == "channels" ? &channels : nullptr;
      case 9: return key == "direction" ? &direction : nullptr;
      case 11: return key == "call_leg_id" ? &leg : key == "occurred_at" ? &occurred_at : nullptr;
      case 12:
        return key == "client_state"   ? &client_state
               : key == "hangup_cause" ? &hangup_cause
               : key == "recording_id" ? &recording_id
                                       : nullptr;
      case 13: return key == "hangup_source" ? &hangup_source : nullptr;
      case 15: return key == "call_session_id" ? &session : key == "call_control_id" ? &control : nullptr;
      case 16: return key == "sip_hangup_cause" ? &sip_hangup_cause : nullptr;
      case 18: return key == "recording_ended_at" ? &recording_ended_at : nullptr;
      case 20: return key == "recording_started_at" ? &recording_started_at : nullptr;
      case 23: return key == "creator_call_session_id" ? &creator_session : nullptr;
      default: return nullptr;
    }
  }
};

/// An object that may be the event: the body itself, its `data`, or its `metadata.event`.
struct Event {
  Member type, id, webhook_id, occurred_at, created_at;
  Payload payload;

  /// False when the key is none of an event's.
  bool take(std::string_view key, ondemand::value value) {
    Member* member = key == "event_type"    ? &type
                     : key == "id"          ? &id
                     : key == "webhook_id"  ? &webhook_id
                     : key == "occurred_at" ? &occurred_at
                     : key == "created_at"  ? &created_at
                                            : nullptr;
    if (member != nullptr) {
      member->take(value);
    } else if (key == "payload") {
      payload.take(value);
    } else {
      return false;
    }
    return true;
  }
};

/// What one pass over a body finds. Texts are views into the parser's buffers.
struct Body {
  Event bare, data, debug;
  Member event_timestamp;
  std::uint32_t meta_attempt = 0, metadata_attempt = 0;
  bool data_seen = false, meta_seen = false, metadata_seen = false, debug_seen = false;

  void read(ondemand::document& document) {
    for (auto field : document.get_object()) {
      const std::string_view key = key_of(field);
      if (key == "data") {
        take_event(field.value(), data, data_seen);
      } else if (key == "meta") {
        take_meta(field.value());
      } else if (key == "metadata") {
        take_metadata(field.value());
      } else if (key == "event_timestamp") {
        event_timestamp.take(field.value());
      } else {
        bare.take(key, field.value());
      }
    }
  }

  /// Null when no shape fits.
  const Event* event() const {
    if (!data.type.text.empty()) return &data;
    if (!bare.type.text.empty()) return &bare;
    if (!debug.type.text.empty()) return &debug;
    return nullptr;
  }

 private:
  static void take_event(ondemand::value value, Event& event, bool& seen) {
    if (std::exchange(seen, true) || value.type() != ondemand::json_type::object) return;
    for (auto field : value.get_object()) {
      const std::string_view key = key_of(field);
      event.take(key, field.value());
    }
  }

  void take_meta(ondemand::value value) {
    if (std::exchange(meta_seen, true) || value.type() != ondemand::json_type::object) return;
    bool seen = false;
    for (auto field : value.get_object()) {
      const std::string_view key = key_of(field);
      if (key == "attempt" && !std::exchange(seen, true)) meta_attempt = attempt(field.value());
    }
  }

  void take_metadata(ondemand::value value) {
    if (std::exchange(metadata_seen, true) || value.type() != ondemand::json_type::object) return;
    bool seen = false;
    for (auto field : value.get_object()) {
      const std::string_view key = key_of(field);
      if (key == "event") {
        take_event(field.value(), debug, debug_seen);
      } else if (key == "attempt" && !std::exchange(seen, true)) {
        metadata_attempt = attempt(field.value());
      }
    }
  }

  /// Providers send it as a number and as a string.
  static std::uint32_t attempt(ondemand::value value) {
    const auto type = value.type().value();
    std::string_view token;
    if (type == ondemand::json_type::number) {
      token = trimmed(value.raw_json_token());
    } else if (type != ondemand::json_type::string || value.get_string().get(token) != simdjson::SUCCESS) {
      return 0;
    }
    const auto number = parse_unsigned(token);
    return number && *number <= UINT32_MAX ? static_cast<std::uint32_t>(*number) : 0;
  }

  static std::string_view trimmed(std::string_view token) {
    return token.substr(0, std::min(token.size(), token.find_last_not_of(" \t\r\n") + 1));
  }
};

bool is_v1_name(std::string_view type) {
  return type.find('.') == std::string_view::npos && type.find('_') != std::string_view::npos;
}

Effect effect_of(std::string_view type) {
  if (type == "call.initiated") return Effect::kInitiated;
  if (type == "call.answered") return Effect::kAnswered;
  if (type == "call.bridged") return Effect::kBridged;
  if (type == "call.hangup") return Effect::kHangup;
  if (type == "call.recording.saved" || type == "conference.recording.saved") return Effect::kRecording;
  return Effect::kNone;
}

std::optional<Time> first_time(std::initializer_list<std::string_view> texts) {
  for (const auto text : texts) {
    if (text.empty()) continue;
    if (const auto time = parse_time(text)) return time;
  }
  return std::nullopt;
}

class TelnyxReader : public EventReader {
 public:
  EventHead head(const EventBody& event_body) override {
    const std::string_view body = event_body.bytes;
    EventHead head;
    Body parsed;
    const Event* event = is_json(body) && read(body, parsed) ? parsed.event() : nullptr;
    if (event == nullptr) return unrecognised_head(body);
    const Payload& payload = event->payload;
    head.type = event == &parsed.bare && is_v1_name(event->type.text) ? telnyx_dotted_name(event->type.text)
                                                                      : std::string(event->type.text);
    head.id = !event->id.text.empty()                                    ? std::string(event->id.text)
              : event == &parsed.bare && !event->webhook_id.text.empty() ? std::string(event->webhook_id.text)
                                                                         : "blake2b:" + blake2b_256_hex(body);
    head.leg_id = payload.leg.text;
    head.call_id = !payload.session.text.empty()           ? payload.session.text
                   : !payload.creator_session.text.empty() ? payload.creator_session.text
                                                           : payload.leg.text;
    head.occurred_at = first_time({event->occurred_at.text, payload.occurred_at.text, event->created_at.text,
                                   event == &parsed.debug ? parsed.event_timestamp.text : std::string_view()});
    head.attempt = event == &parsed.debug ? parsed.metadata_attempt : parsed.meta_attempt;
    return head;
  }

  const EventDetail& detail(const EventBody& body, std::string_view type) override {
    Body parsed;
    const Event* event = read(body.bytes, parsed) ? parsed.event() : nullptr;
    if (event == nullptr) return detail_ = {};
    const Payload& payload = event->payload;
    detail_.effect = effect_of(type);
    detail_.control_id = payload.control.text;
    detail_.direction = payload.direction.text;
    detail_.from = payload.from.text;
    detail_.to = payload.to.text;
    const bool hangup = detail_.effect == Effect::kHangup, recording = detail_.effect == Effect::kRecording;
    const auto with = [](bool effect, const Member& member) { return effect ? member.text : std::string_view(); };
    detail_.hangup_cause = with(hangup, payload.hangup_cause);
    detail_.hangup_source = with(hangup, payload.hangup_source);
    detail_.sip_hangup_cause = with(hangup, payload.sip_hangup_cause);
    detail_.recording_id = with(recording, payload.recording_id);
    detail_.recording_started_at = first_time({with(recording, payload.recording_started_at)});
    detail_.recording_ended_at = first_time({with(recording, payload.recording_ended_at)});
    detail_.channels = with(recording, payload.channels);
    detail_.urls.clear();
    const std::string urls(recording ? payload.urls : ""), public_urls(recording ? payload.public_urls : "");
    detail_.organization_id = organization(payload.client_state.text);  // Ends the life of `parsed`.
    if (recording) {
      detail_.urls = without_nulls(urls);
      if (detail_.urls == "{}") detail_.urls = without_nulls(public_urls);
    }
    return detail_;
  }

  void add_values(const EventBody& body, std::span<const std::string> pointers, std::span<const std::uint32_t> slots,
                  FieldValues& values) override {
    constexpr std::array<std::string_view, 3> kPayloads = {"/data/payload", "/payload", ""};
    values_.add(body.bytes, kPayloads, pointers, slots, values);
  }

 private:
  /// False when the bytes are not an object that can be read to its end. Views in `parsed` live until the next
  /// call.
  bool read(std::string_view body, Body& parsed) {
    try {
      ondemand::document document = parser_.iterate(body);
      parsed.read(document);
      return true;
    } catch (const simdjson::simdjson_error&) {
      return false;
    }
  }

  /// `organization_id` in the JSON object that the client state holds in base64. An application sends the same
  /// state with every command, so the last one is remembered.
  const std::string& organization(std::string_view client_state) {
    if (client_state == last_client_state_) return last_organization_;
    if (last_client_state_.capacity() > BodyParser::kKeptBytesMax) last_client_state_ = {};
    last_client_state_ = client_state;
    last_organization_.clear();
    const auto text = decode_base64(client_state, false);
    if (!text || !is_json(*text)) return last_organization_;
    try {
      ondemand::document document = parser_.iterate(*text);
      Member organization;
      for (auto field : document.get_object()) {
        const std::string_view key = key_of(field);
        if (key == "organization_id") organization.take(field.value());
      }
      last_organization_ = organization.text;
    } catch (const simdjson::simdjson_error&) {
      last_organization_.clear();
    }
    return last_organization_;
  }

  /// The members of a JSON object that are not null, of duplicate keys the first; `{}` for no object.
  std::string without_nulls(std::string_view object) {
    JsonWriter out;
    out.begin_object();
    try {
      if (!object.empty()) {
        std::vector<std::string> seen;
        ondemand::document document = parser_.iterate(object);
        for (auto field : document.get_object()) {
          std::string key(key_of(field));
          ondemand::value value = field.value();
          if (std::find(seen.begin(), seen.end(), key) != seen.end()) continue;
          seen.push_back(key);
          const auto type = value.type().value();
          if (type == ondemand::json_type::null) continue;
          out.key(key);
          if (type == ondemand::json_type::string) {
            std::string_view text;
            out.string(value.get_string().get(text) == simdjson::SUCCESS ? text : std::string_view());
          } else if (type == ondemand::json_type::object) {
            out.raw(minify_json(value.get_object().value().raw_json()));
          } else if (type == ondemand::json_type::array) {
            out.raw(minify_json(value.get_array().value().raw_json()));
          } else {
            out.raw(minify_json(value.raw_json_token()));
          }
        }
      }
    } catch (const simdjson::simdjson_error&) {
      return "{}";
    }
    out.end_object();
    return std::string(out.view());
  }

  BodyParser parser_;
  JsonValues values_;
  std::string last_client_state_, last_organization_;
  EventDetail detail_;  ///< Kept, so that its strings need no new memory for every event.
};

}  // namespace

std::unique_ptr<EventReader> make_telnyx_reader() { return std::make_unique<TelnyxReader>(); }

}  // namespace hookledger
