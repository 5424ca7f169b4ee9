#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/error.h"
#include "schemas/event.h"
#include "schemas/event_fields.h"
#include "schemas/record.h"
#include "schemas/text_table.h"

namespace hookledger {

/// What one event says about its call. Times are microseconds UTC.
struct EventFact {
  Text id = 0;
  Text type = 0;
  Text leg = 0;  ///< Leg id; 0: names no leg.
  Text source = 0;
  Text control_id = 0, direction = 0, from = 0, to = 0;
  Text organization = 0;
  Text hangup_cause = 0, hangup_source = 0, sip_hangup_cause = 0;
  Text recording = 0, channels = 0, urls = 0;
  Text device = 0;
  std::optional<Time> recording_started_at, recording_ended_at;
  Time occurred_at, received_at;
  Time known_at;  ///< When the first copy of the event was received, of the copy that counts; else `received_at`.
  std::uint64_t offset = 0;
  Effect effect = Effect::kNone;
  Provenance provenance = Provenance::kDelivered;
  bool timed = false;      ///< The event itself told `occurred_at`; else that is `received_at`.
  bool repeat = false;     ///< Another copy of the event counts: on the timeline, not in the state.
  bool telemetry = false;  ///< Of an application or a device: its ids are apart from the provider's.
  bool dialled = false;    ///< `EventDetail::dialled`, as the next.
  bool by_subscription = false;
};

/// All that is stored of one call: the set of its events' facts. Adding is commutative, associative and
/// idempotent over event ids, which the provider's events and telemetry have each of their own; everything else about a
/// call is derived from this by pure functions (G4). Of several copies of an event the one that stands in for none
/// counts, of several such the one with the lowest offset: a delivered or imported one takes the place of a recovered
/// or synthetic one (G10). Layout of the encoding: schemas/call_facts.md.
class CallFacts {
 public:
  explicit CallFacts(std::string call_id, std::uint32_t partition)
      : call_id_(std::move(call_id)), partition_(partition) {}

  /// Becomes the empty set of a call, and keeps the memory that it has.
  void restart(std::string_view call_id, std::uint32_t partition);

  /// Adds the record at `offset`. A known offset changes nothing; of a known event id one copy
  /// counts and the others are kept as repeats. Records must be added in order of offset.
  void add(const RecordView& record, const EventDetail& detail, std::uint64_t offset);

  const std::string& call_id() const { return call_id_; }
  std::uint32_t partition() const { return partition_; }
  /// In order of offset.
  const std::vector<EventFact>& events() const { return events_; }
  /// Empty for 0.
  std::string_view text(Text index) const { return texts_.text(index); }
  /// 0 when no event has it.
  Text find(std::string_view text) const { return texts_.find(text); }

  /// What the rules need beyond the facts: carried along, no part of the set and of its encoding.
  const EventFields& fields() const { return fields_; }
  EventFields& fields() { return fields_; }

  /// The same facts restricted to what had been received by `at`; `by_occurrence`, to what had happened by then, each
  /// event received when it happened.
  CallFacts as_of(Time at, bool by_occurrence) const;

  /// The facts but those of the records at these offsets.
  CallFacts without(const std::set<std::uint64_t>& offsets) const;

  /// The facts of the records below `offset`.
  CallFacts before(std::uint64_t offset) const;

  std::string encode() const;
  void encode_to(std::string& out) const;
  static Result<CallFacts> decode(std::string_view call_id, std::string_view bytes);

 private:
  EventFact* counting(Text id, bool telemetry);
  void choose_copies();
  EventFact last_of_leg(Text leg) const;

  std::string call_id_;
  std::uint32_t partition_;
  TextTable texts_;
  std::vector<EventFact> events_;
  EventFields fields_;
};

}  // namespace hookledger
