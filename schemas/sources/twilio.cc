#include "schemas/sources/twilio.h"

#include <algorithm>
#include <array>
#include <simdjson.h>
#include <utility>

#include "schemas/crypto.h"
#include "schemas/form.h"
#include "schemas/json.h"
#include "schemas/json_values.h"
#include "schemas/sources/on_demand.h"
#include "schemas/text.h"

namespace hookledger {
namespace {

/// The parameters that we read. An empty text is an absent one.
struct Callback {
  std::string call_sid, parent_call_sid, call_status;
  std::string direction, from, to;
  std::string timestamp, sequence_number, callback_source;
  std::string recording_sid, recording_url, recording_status;
};

constexpr std::array kParameters = std::to_array<std::pair<std::string_view, std::string Callback::*>>({
    {"CallSid", &Callback::call_sid},
    {"ParentCallSid", &Callback::parent_call_sid},
    {"CallStatus", &Callback::call_status},
    {"Direction", &Callback::direction},
    {"From", &Callback::from},
    {"To", &Callback::to},
    {"Timestamp", &Callback::timestamp},
    {"SequenceNumber", &Callback::sequence_number},
    {"CallbackSource", &Callback::callback_source},
    {"RecordingSid", &Callback::recording_sid},
    {"RecordingUrl", &Callback::recording_url},
    {"RecordingStatus", &Callback::recording_status},
});

struct Meaning {
  std::string_view status, type;
  Effect effect;
};

/// What a CallStatus means.
constexpr std::array kCallStatuses = std::to_array<Meaning>({
    {"queued", "call.initiated", Effect::kInitiated},
    {"initiated", "call.initiated", Effect::kInitiated},
    {"ringing", "call.ringing", Effect::kRinging},
    {"in-progress", "call.answered", Effect::kAnswered},
    {"completed", "call.hangup", Effect::kHangup},
    {"busy", "call.hangup", Effect::kHangup},
    {"failed", "call.hangup", Effect::kHangup},
    {"no-answer", "call.hangup", Effect::kHangup},
    {"canceled", "call.hangup", Effect::kHangup},
});

struct Named {
  std::string type;
  Effect effect = Effect::kNone;
};

/// An empty type when the callback tells of no event of a call.
Named named(const Callback& callback) {
  if (callback.call_sid.empty()) return {};
  if (callback.recording_status == "completed") return {"call.recording.saved", Effect::kRecording};
  if (!callback.recording_status.empty()) return {"call.recording.status." + callback.recording_status};
  if (callback.call_status.empty()) return {};
  const auto* const known = std::ranges::find(kCallStatuses, callback.call_status, &Meaning::status);
  if (known == kCallStatuses.end()) return {"call.status." + callback.call_status};
  return {std::string(known->type), known->effect};
}

/// Of a repeated parameter the first counts.
class Collector {
 public:
  void take(std::string_view name, std::string_view value) {
    const auto* const known =
        std::ranges::find(kParameters, name, &std::pair<std::string_view, std::string Callback::*>::first);
    if (known == kParameters.end()) return;
    bool& seen = seen_[static_cast<std::size_t>(known - kParameters.begin())];
    if (!std::exchange(seen, true) && simdjson::validate_utf8(value)) callback_.*known->second = value;
  }
  Callback callback() && { return std::move(callback_); }

 private:
  Callback callback_;
  std::array<bool, kParameters.size()> seen_{};
};

/// Twilio's times have whole seconds. The sequence number stands in for the microseconds, so that the events of one
/// second are in their order.
std::optional<Time> occurred_at(const Callback& callback, std::optional<std::uint64_t> sequence) {
  constexpr std::uint64_t kWithinSecondMax = 999'999;
  const auto time = parse_rfc2822_time(callback.timestamp);
  if (!time) return std::nullopt;
  return *time + Duration(static_cast<Duration::rep>(std::min(sequence.value_or(0), kWithinSecondMax)));
}

std::string event_id(const Callback& callback, std::optional<std::uint64_t> sequence, std::string_view body) {
  if (!sequence) return "blake2b:" + blake2b_256_hex(body);
  return callback.call_sid + "/" + std::to_string(*sequence) + "/" + callback.callback_source;
}

std::string_view direction_of(std::string_view direction) {
  if (direction == "inbound") return "incoming";
  if (direction == "outbound-api" || direction == "outbound-dial") return "outgoing";
  return {};
}

class TwilioReader : public EventReader {
 public:
  EventHead head(const EventBody& body) override {
    const Callback callback = read(body.bytes);
    EventHead head;
    head.type = named(callback).type;
    if (head.type.empty()) return unrecognised_head(body.bytes);
    const auto sequence = parse_unsigned(callback.sequence_number);
    head.id = event_id(callback, sequence, body.bytes);
    head.call_id = callback.parent_call_sid.empty() ? callback.call_sid : callback.parent_call_sid;
    head.leg_id = callback.call_sid;
    head.occurred_at = occurred_at(callback, sequence);
    return head;
  }

  const EventDetail& detail(const EventBody& body, std::string_view /*type*/) override {
    const Callback callback = read(body.bytes);
    detail_ = {};
    detail_.effect = named(callback).effect;
    detail_.control_id = callback.call_sid;
    detail_.direction = direction_of(callback.direction);
    detail_.from = callback.from;
    detail_.to = callback.to;
    detail_.by_subscription = true;
    detail_.dialled = !callback.parent_call_sid.empty() && callback.parent_call_sid != callback.call_sid;
    if (detail_.effect == Effect::kHangup) detail_.hangup_cause = callback.call_status;
    if (detail_.effect == Effect::kHangup || detail_.effect == Effect::kRecording) {
      detail_.recording_id = callback.recording_sid;
      if (!callback.recording_url.empty()) {
        JsonWriter urls;
        urls.begin_object();
        urls.member("url", callback.recording_url);
        urls.end_object();
        detail_.urls = urls.view();
      }
    }
    return detail_;
  }

  /// A parameter stands under its name, as a text.
  void add_values(const EventBody& body, std::span<const std::string> pointers, std::span<const std::uint32_t> slots,
                  FieldValues& values) override {
    if (is_json(body.bytes)) {
      constexpr std::string_view kWhole;
      return values_.add(body.bytes, {&kWhole, 1}, pointers, slots, values);
    }
    const auto parameters = parse_form(body.bytes).value_or(std::vector<FormParameter>());
    for (const std::uint32_t slot : slots) {
      const std::string_view name = std::string_view(pointers[slot]).substr(1);
      const auto found = std::ranges::find(parameters, name, &FormParameter::name);
      if (found != parameters.end()) values.add(slot, FieldValue::Kind::kText, found->value);
    }
  }

 private:
  /// Whether it is JSON or a form shows in the body alone, because a signature does not cover the content type.
  Callback read(std::string_view body) {
    Collector collector;
    if (!read_json(body, collector)) {
      for (const FormParameter& parameter : parse_form(body).value_or(std::vector<FormParameter>())) {
        collector.take(parameter.name, parameter.value);
      }
    }
    return std::move(collector).callback();
  }

  /// False when the body is no JSON object. Members that are no strings are taken as absent.
  bool read_json(std::string_view body, Collector& collector) {
    if (!is_json(body)) return false;
    try {
      simdjson::ondemand::document document = parser_.iterate(body);
      for (auto field : document.get_object()) {
        const std::string_view name = key_of(field);
        Member member;
        member.take(field.value());
        collector.take(name, member.text);
      }
      return true;
    } catch (const simdjson::simdjson_error&) {
      return false;
    }
  }

  BodyParser parser_;
  JsonValues values_;
  EventDetail detail_;
};

}  // namespace

std::unique_ptr<EventReader> make_twilio_reader() { return std::make_unique<TwilioReader>(); }

}  // namespace hookledger
