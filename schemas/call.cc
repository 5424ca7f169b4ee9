#include "schemas/call.h"

#include <array>

#include "schemas/json.h"

namespace hookledger {
namespace {

constexpr std::array<std::string_view, 6> kStatusNames{"", "initiated", "ringing", "answered", "bridged", "ended"};

void write_leg(JsonWriter& out, const Leg& leg) {
  out.begin_object();
  out.member("id", leg.id);
  out.member("control_id", leg.control_id);
  out.member("direction", leg.direction);
  out.member("from", leg.from);
  out.member("to", leg.to);
  out.member("status", to_string(leg.status));
  out.member("initiated_at", leg.initiated_at);
  out.member("ringing_at", leg.ringing_at);
  out.member("answered_at", leg.answered_at);
  out.member("bridged_at", leg.bridged_at);
  out.member("ended_at", leg.ended_at);
  out.member("hangup_cause", leg.hangup_cause);
  out.member("hangup_source", leg.hangup_source);
  out.member("sip_hangup_cause", leg.sip_hangup_cause);
  out.end_object();
}

void write_recording(JsonWriter& out, const Recording& recording) {
  out.begin_object();
  out.member("id", recording.id);
  out.member("started_at", recording.started_at);
  out.member("ended_at", recording.ended_at);
  out.member("saved_at", recording.saved_at);
  out.member("channels", recording.channels);
  out.key("urls");
  out.raw(recording.urls.empty() ? "{}" : recording.urls);
  out.end_object();
}

void write_events(JsonWriter& out, const Call& call) {
  out.begin_object();
  out.key("count");
  out.number(call.event_count);
  out.member("first_at", call.first_at);
  out.member("last_at", call.last_at);
  out.end_object();
}

void write_missing(JsonWriter& out, const MissingEvent& missing) {
  out.begin_object();
  out.member("leg_id", missing.leg_id);
  out.member("type", missing.type);
  out.end_object();
}

template <class Items, class Write>
void write_array(JsonWriter& out, std::string_view name, const Items& items, const Write& write) {
  out.key(name);
  out.begin_array();
  for (const auto& item : items) write(out, item);
  out.end_array();
}

}  // namespace

std::string_view to_string(CallStatus status) { return kStatusNames[static_cast<std::size_t>(status)]; }

std::optional<CallStatus> parse_call_status(std::string_view text) {
  for (std::size_t i = 1; i < kStatusNames.size(); ++i) {
    if (kStatusNames[i] == text) return static_cast<CallStatus>(i);
  }
  return std::nullopt;
}

void write_json(JsonWriter& out, const Call& call, const std::vector<std::string>* findings) {
  out.begin_object();
  out.member("id", call.id);
  out.member("source", call.source);
  out.member("organization_id", call.organization_id);
  out.member("status", to_string(call.status));
  out.member("direction", call.direction);
  out.member("from", call.from);
  out.member("to", call.to);
  out.member("initiated_at", call.initiated_at);
  out.member("answered_at", call.answered_at);
  out.member("bridged_at", call.bridged_at);
  out.member("ended_at", call.ended_at);
  out.member("hangup_cause", call.hangup_cause);
  out.member("hangup_source", call.hangup_source);
  out.member("originator_leg_id", call.originator_leg_id);
  out.member("winner_leg_id", call.winner_leg_id);
  write_array(out, "legs", call.legs, write_leg);
  write_array(out, "recordings", call.recordings, write_recording);
  out.key("events");
  write_events(out, call);
  write_array(out, "missing", call.missing, write_missing);
  if (findings != nullptr) {
    write_array(out, "findings", *findings, [](JsonWriter& to, const std::string& rule) { to.string(rule); });
  }
  out.end_object();
}

}  // namespace hookledger
