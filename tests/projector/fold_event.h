#pragma once

#include <string>
#include <vector>

#include "projector/fold.h"
#include "schemas/json.h"
#include "tests/support/call_builder.h"

namespace hookledger::testing {

/// All that an event says about its call. An empty string is an absent one.
struct FoldEvent {
  std::string id, type, leg{};
  Time occurred_at = kStart;
  std::string control_id{}, direction{}, from{}, to{}, organization{}, source{"telnyx"};
  std::string hangup_cause{}, hangup_source{}, sip_hangup_cause{};
  std::string recording_id{}, channels{}, urls{};
  std::optional<Time> recording_started_at{}, recording_ended_at{};
  Provenance provenance = Provenance::kDelivered;
  Time received_at = kStart;
  bool timed = true, dialled = false, by_subscription = false;
  bool telemetry = false;
  std::string device{};

  Effect effect() const {
    if (telemetry) return Effect::kNone;
    if (type == "conference.recording.saved") return Effect::kRecording;
    if (type == "leg.ringing") return Effect::kRinging;  // Telnyx has none.
    return type.starts_with("call.") ? effect_of(type.substr(5)) : Effect::kNone;
  }
};

inline void add_to(CallFacts& facts, const FoldEvent& event, std::uint64_t offset) {
  RecordView record;
  record.id = event.id;
  record.source = event.source;
  record.type = event.type;
  record.leg_id = event.leg;
  record.key = facts.call_id();
  record.occurred_at = event.timed ? event.occurred_at : event.received_at;
  record.received_at = event.received_at;
  record.provenance = event.provenance;
  record.in_call = true;
  record.timed = event.timed;
  EventDetail detail;
  detail.effect = event.effect();
  detail.dialled = event.dialled;
  detail.by_subscription = event.by_subscription;
  detail.control_id = event.control_id;
  detail.direction = event.direction;
  detail.from = event.from;
  detail.to = event.to;
  detail.organization_id = event.organization;
  detail.hangup_cause = event.hangup_cause;
  detail.hangup_source = event.hangup_source;
  detail.sip_hangup_cause = event.sip_hangup_cause;
  detail.recording_id = event.recording_id;
  detail.recording_started_at = event.recording_started_at;
  detail.recording_ended_at = event.recording_ended_at;
  detail.channels = event.channels;
  detail.urls = event.urls;
  detail.telemetry = event.telemetry;
  detail.device_id = event.device;
  facts.add(record, detail, offset);
}

inline CallFacts facts_of(const std::vector<FoldEvent>& events) {
  CallFacts facts("call", 0);
  for (std::uint64_t offset = 0; offset < events.size(); ++offset) add_to(facts, events[offset], offset);
  return facts;
}

inline Call call_of(const std::vector<FoldEvent>& events) { return derive_call(facts_of(events)); }

inline std::string json_of(const Call& call) {
  JsonWriter out;
  write_json(out, call, nullptr);
  return std::string(out.view());
}

}  // namespace hookledger::testing
