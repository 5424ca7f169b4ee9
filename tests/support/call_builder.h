#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "schemas/call_facts.h"

namespace hookledger::testing {

using namespace std::chrono_literals;

/// Where the clocks of built calls start: 2026-02-08T10:00:00Z.
inline constexpr Time kStart{std::chrono::sys_days{std::chrono::year{2026} / 2 / 8} + std::chrono::hours{10}};

/// An event in few words; times count from kStart.
struct BuiltEvent {
  std::string type{};  ///< `initiated`, `answered`, …: `call.` is put before; the effect follows from it.
  std::string leg{};   ///< Empty: names none.
  Duration at{};
  std::optional<Duration> received{};  ///< Else 20 ms after `at`.
  std::string id{};                    ///< Else made of type, leg and time, so that equal events have equal ids.
  std::string direction{}, control_id{}, organization{};
  Provenance provenance = Provenance::kDelivered;
  bool timed = true;
  bool dialled = false, by_subscription = false;

  Time occurred_at() const { return kStart + (timed ? at : received.value_or(at + 20ms)); }
  Time received_at() const { return kStart + received.value_or(at + 20ms); }
  std::string event_id() const { return id.empty() ? type + "/" + leg + "/" + std::to_string(at.count()) : id; }
};

inline Effect effect_of(const std::string& type) {
  static const std::map<std::string, Effect> kEffects = {{"initiated", Effect::kInitiated},
                                                         {"answered", Effect::kAnswered},
                                                         {"bridged", Effect::kBridged},
                                                         {"hangup", Effect::kHangup},
                                                         {"recording.saved", Effect::kRecording}};
  const auto found = kEffects.find(type);
  return found == kEffects.end() ? Effect::kNone : found->second;
}

/// The facts of one call with these events, at offsets 0, 1, 2, … in the order given. A leg's control id
/// is `control-LEG` from its call.initiated, unless told otherwise.
inline CallFacts build_call(const std::vector<BuiltEvent>& events, const std::string& call_id = "call-1",
                            std::uint32_t partition = 3) {
  CallFacts facts(call_id, partition);
  for (std::uint64_t offset = 0; offset < events.size(); ++offset) {
    const BuiltEvent& event = events[offset];
    const std::string id = event.event_id();
    const std::string type = "call." + event.type;
    EventDetail detail;
    detail.effect = effect_of(event.type);
    detail.dialled = event.dialled;
    detail.by_subscription = event.by_subscription;
    detail.direction = event.direction;
    detail.control_id = event.control_id;
    if (detail.control_id.empty() && detail.effect == Effect::kInitiated) detail.control_id = "control-" + event.leg;
    detail.organization_id = event.organization;
    detail.recording_id = detail.effect == Effect::kRecording ? "recording-" + id : "";
    RecordView record;
    record.id = id;
    record.source = "telnyx";
    record.type = type;
    record.leg_id = event.leg;
    record.key = call_id;
    record.occurred_at = event.occurred_at();
    record.received_at = event.received_at();
    record.provenance = event.provenance;
    record.in_call = true;
    record.timed = event.timed;
    facts.add(record, detail, offset);
  }
  return facts;
}

/// `events` in order of arrival.
inline std::vector<BuiltEvent> by_arrival(std::vector<BuiltEvent> events) {
  std::ranges::stable_sort(events, {}, &BuiltEvent::received_at);
  return events;
}

}  // namespace hookledger::testing
