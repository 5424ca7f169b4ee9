#include "replay/recovery/recovered_event.h"

#include <algorithm>

#include "schemas/crypto.h"
#include "schemas/json.h"

namespace hookledger {
namespace {

constexpr std::size_t kIdDigits = 32;
constexpr std::string_view kMadeIdPrefix = "recovered:";
constexpr std::string_view kHangup = "call.hangup";

std::chrono::milliseconds to_millisecond(Time time) {
  return std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch());
}

void write_payload(JsonWriter& out, const FetchedEvent& event) {
  out.key("payload");
  if (!event.payload.empty()) return out.raw(event.payload);
  out.begin_object();
  for (const auto& [name, value] :
       {std::pair("call_control_id", &event.control_id), std::pair("call_leg_id", &event.leg_id),
        std::pair("call_session_id", &event.call_id)}) {
    if (!value->empty()) out.member(name, *value);
  }
  out.end_object();
}

}  // namespace

std::string FetchedEvent::event_id() const {
  if (!id.empty()) return id;
  Digest digest;
  for (const std::string* part : {&type, &leg_id, &call_id}) digest.add(*part);
  digest.add(occurred_at ? format_time(*occurred_at) : payload);
  return std::string(kMadeIdPrefix) + digest.hex().substr(0, kIdDigits);
}

std::string FetchedEvent::moment() const {
  return leg_id + std::string(1, '\0') + type + std::string(1, '\0') +
         std::to_string(to_millisecond(*occurred_at).count());
}

std::string recovered_body(const FetchedEvent& event) {
  JsonWriter out;
  out.begin_object();
  out.key("data");
  out.begin_object();
  out.member("record_type", "event");
  out.member("event_type", event.type);
  out.member("id", event.event_id());
  if (event.occurred_at) out.member("occurred_at", *event.occurred_at);
  write_payload(out, event);
  out.end_object();
  out.end_object();
  return std::string(out.view());
}

bool has_event(const CallFacts& facts, const FetchedEvent& event) {
  const Text id = facts.find(event.event_id()), type = facts.find(event.type), leg = facts.find(event.leg_id);
  return std::ranges::any_of(facts.events(), [&](const EventFact& known) {
    if (known.telemetry) return false;
    if (id != 0 && known.id == id) return true;
    const bool one_has_no_id = event.id.empty() || facts.text(known.id).starts_with(kMadeIdPrefix);
    return one_has_no_id && event.occurred_at && type != 0 && known.type == type && known.leg == leg &&
           to_millisecond(known.occurred_at) == to_millisecond(*event.occurred_at);
  });
}

FetchedEvent synthetic_hangup(const DeadLeg& leg) {
  FetchedEvent event;
  event.id = "synthetic:" + std::string(kHangup) + ":" + leg.leg_id;
  event.type = kHangup;
  event.leg_id = leg.leg_id;
  event.control_id = leg.control_id;
  event.call_id = leg.call_id;
  event.occurred_at = leg.ended_at;
  JsonWriter payload;
  payload.begin_object();
  payload.key("synthetic");
  payload.boolean(true);
  payload.member("reason", "The provider's API says that this leg has ended, and no event says so.");
  for (const auto& [name, value] :
       {std::pair("call_control_id", &leg.control_id), std::pair("call_leg_id", &leg.leg_id),
        std::pair("call_session_id", &leg.call_id)}) {
    if (!value->empty()) payload.member(name, *value);
  }
  if (leg.started_at) payload.member("start_time", *leg.started_at);
  payload.member("end_time", leg.ended_at);
  payload.end_object();
  event.payload = payload.view();
  return event;
}

}  // namespace hookledger
