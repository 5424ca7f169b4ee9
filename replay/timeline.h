#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ingest/log/event_log.h"
#include "projector/rules.h"
#include "schemas/call.h"
#include "schemas/call_facts.h"
#include "schemas/finding.h"

namespace hookledger {

class JsonWriter;

enum class StoredSignature { kValid, kInvalid, kAbsent, kUnknownKey };
std::string_view to_string(StoredSignature signature);

/// Verifies a stored record again, from the log alone.
StoredSignature check_signature(const RecordView& record, const LogReader& log);

struct TimelineEntry {
  Place place;
  std::string id, type, leg_id, key_id;  ///< An empty string is an absent one.
  Time occurred_at, received_at;
  bool timed = true;  ///< False: the event told no time, so there is no lag.
  std::int64_t lag_ms = 0;
  bool late = false;    ///< An event with a strictly later occurred_at stands at a lower offset.
  bool repeat = false;  ///< The same event id, appended again after the dedup window.
  Provenance provenance = Provenance::kDelivered;
  std::uint32_t deliveries = 1;
  StoredSignature signature = StoredSignature::kAbsent;
  CallStatus status_after = CallStatus::kNone;  ///< Of this and all entries above it.
  std::string body;                             ///< Byte for byte.
  bool body_is_json = true;
};

/// The order of a timeline: occurred_at, id, place.
bool comes_before(const TimelineEntry& a, const TimelineEntry& b);

/// The forensic view of one call (CONTRACT, "The forensic view").
struct Timeline {
  Call call;
  std::vector<std::string> open_rules;
  std::vector<TimelineEntry> entries;  ///< As `comes_before` orders them.
  std::vector<Finding> findings;
};

/// Which records count: those received (or, `by_occurrence`, having happened) by `at`, with the clock at `at`. Without
/// `at`: all, with the clock at `now`.
struct AsOf {
  std::optional<Time> at;
  bool by_occurrence = false;
  Time now{};
};

/// Errors: kCorruption, kUnavailable; kNotFound when nothing of the call was known by `at`.
Result<Timeline> read_timeline(const CallFacts& facts, const LogReader& log, const RuleSet& rules, const AsOf& as_of);

void write_json(JsonWriter& out, const Timeline& timeline);
/// For a terminal; `colour` adds ANSI colours. `width`: columns.
std::string render_text(const Timeline& timeline, bool colour, unsigned width);
/// One self-contained page with a ladder diagram (SVG).
std::string render_html(const Timeline& timeline);
/// A Mermaid sequence diagram.
std::string render_mermaid(const Timeline& timeline);

/// Reads what `write_json` wrote (for `--url`). Errors: kInvalid.
Result<Timeline> parse_timeline(std::string_view json);

}  // namespace hookledger
