#include "replay/timeline.h"

#include <algorithm>
#include <tuple>

#include "projector/fold.h"
#include "replay/status_steps.h"
#include "schemas/json.h"

namespace hookledger {
namespace {

std::string describe(Place place) {
  return "record " + std::to_string(place.partition) + "/" + std::to_string(place.offset);
}

Error lost(Place place, std::string_view call_id) {
  return {ErrorCode::kCorruption, describe(place) + " of call " + std::string(call_id) +
                                      " is not in the log: ask again if retention is on, else run `hookledger verify`"};
}

Error foreign(Place place, std::string_view call_id) {
  return {ErrorCode::kCorruption, describe(place) + " is not the event that the projection has there for call " +
                                      std::string(call_id) + ": run `hookledger rebuild`"};
}

Result<TimelineEntry> read_entry(const CallFacts& facts, const EventFact& fact, const LogReader& log,
                                 const Sources* configured) {
  const Place place{facts.partition(), fact.offset};
  const Result<StoredRecord> stored = log.read(place);
  if (!stored) {
    return stored.error().code == ErrorCode::kNotFound ? lost(place, facts.call_id()) : stored.error();
  }
  const Result<RecordView> decoded = decode_record(stored->bytes);
  if (!decoded) return Error{decoded.error().code, describe(place) + ": " + decoded.error().detail};
  const RecordView& record = *decoded;
  if (record.id != facts.text(fact.id)) return foreign(place, facts.call_id());

  TimelineEntry entry;
  entry.place = place;
  entry.id = record.id;
  entry.source = record.source;
  entry.device_id = facts.text(fact.device);
  entry.telemetry = fact.telemetry;
  entry.type = record.type;
  entry.leg_id = record.leg_id;
  entry.key_id = record.key_id;
  entry.recovered_from = record.recovered_from;
  entry.occurred_at = record.occurred_at;
  entry.received_at = record.received_at;
  entry.timed = record.timed;
  if (record.timed) {
    entry.lag_ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(record.received_at - record.occurred_at).count();
  }
  entry.repeat = fact.repeat;
  entry.provenance = record.provenance;
  entry.deliveries = stored->deliveries;
  entry.signature = check_signature(record, log, configured).signature;
  entry.body = record.body;
  entry.body_is_json = is_json(record.body);
  return entry;
}

}  // namespace

bool comes_before(const TimelineEntry& a, const TimelineEntry& b) {
  return std::tie(a.occurred_at, a.id, a.place) < std::tie(b.occurred_at, b.id, b.place);
}

Result<Timeline> read_timeline(const CallFacts& facts, const LogReader& log, const RuleSet& rules, const AsOf& as_of,
                               const Sources* configured) {
  const Time clock = as_of.at.value_or(as_of.now);
  const CallFacts known = as_of.at ? facts.as_of(clock, as_of.by_occurrence) : facts;
  Timeline timeline;
  timeline.call = derive_call(known);
  if (timeline.call.event_count == 0) {
    return Error{ErrorCode::kNotFound, "nothing of call " + facts.call_id() + " was known at " + format_time(clock)};
  }
  timeline.findings = rules.findings(known, clock);
  timeline.open_rules = open_rules(timeline.findings);

  std::vector<std::pair<TimelineEntry, const EventFact*>> entries;
  entries.reserve(known.events().size());
  std::optional<Time> latest;
  for (const EventFact& fact : known.events()) {
    Result<TimelineEntry> entry = read_entry(known, fact, log, configured);
    if (!entry) return entry.error();
    entry->late = latest && *latest > entry->occurred_at;
    latest = latest ? std::max(*latest, entry->occurred_at) : entry->occurred_at;
    entries.emplace_back(std::move(*entry), &fact);
  }
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return comes_before(a.first, b.first); });

  StatusSteps steps;
  CallStatus status = CallStatus::kNone;
  timeline.entries.reserve(entries.size());
  for (auto& [entry, fact] : entries) {
    if (!fact->repeat) status = steps.add(*fact);
    entry.status_after = status;
    timeline.entries.push_back(std::move(entry));
  }
  return timeline;
}

}  // namespace hookledger
