#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/error.h"
#include "schemas/event.h"
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
  std::optional<Time> recording_started_at, recording_ended_at;
  Time occurred_at, received_at;
  std::uint64_t offset = 0;
  Effect effect = Effect::kNone;
  Provenance provenance = Provenance::kDelivered;
  bool timed = false;   ///< The event itself told `occurred_at`; else that is `received_at`.
  bool repeat = false;  ///< The id was already known at a lower offset: on the timeline, not in the state.
};

/// All that is stored of one call: the set of its events' facts. Adding is commutative, associative and
/// idempotent over event ids; everything else about a call is derived from this by pure functions (G4).
/// Layout of the encoding: schemas/call_facts.md.
class CallFacts {
 public:
  explicit CallFacts(std::string call_id, std::uint32_t partition)
      : call_id_(std::move(call_id)), partition_(partition) {}

  /// Becomes the empty set of a call, and keeps the memory that it has.
  void restart(std::string_view call_id, std::uint32_t partition);

  /// Adds the record at `offset`. A known offset changes nothing; a known event id at a higher offset is
  /// kept as a repeat. Records must be added in order of offset.
  void add(const RecordView& record, const EventDetail& detail, std::uint64_t offset);

  const std::string& call_id() const { return call_id_; }
  std::uint32_t partition() const { return partition_; }
  /// In order of offset.
  const std::vector<EventFact>& events() const { return events_; }
  /// Empty for 0.
  std::string_view text(Text index) const { return texts_.text(index); }

  /// The same facts restricted to what had been received by `at`; `by_occurrence`, to what had happened by then, each
  /// event received when it happened.
  CallFacts as_of(Time at, bool by_occurrence) const;

  std::string encode() const;
  void encode_to(std::string& out) const;
  static Result<CallFacts> decode(std::string_view call_id, std::string_view bytes);

 private:
  bool known_event(Text id) const;
  EventFact last_of_leg(Text leg) const;

  std::string call_id_;
  std::uint32_t partition_;
  TextTable texts_;
  std::vector<EventFact> events_;
};

}  // namespace hookledger
