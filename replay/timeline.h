#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ingest/log/event_log.h"
#include "ingest/sources.h"
#include "projector/rules/rule_set.h"
#include "replay/stored_signature.h"
#include "schemas/call.h"
#include "schemas/call_facts.h"
#include "schemas/finding.h"

namespace hookledger {

class JsonWriter;

struct TimelineEntry {
  Place place;
  std::string id, source, type, leg_id, device_id, key_id;  ///< An empty string is an absent one.
  std::string recovered_from;                               ///< `RecordView::recovered_from`.
  Time occurred_at, received_at;
  bool timed = true;  ///< False: the event told no time, so there is no lag.
  std::int64_t lag_ms = 0;
  bool late = false;       ///< An event with a strictly later occurred_at stands at a lower offset.
  bool repeat = false;     ///< Another copy of the event counts: see CallFacts.
  bool telemetry = false;  ///< An application or a device speaks, not the provider.
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

/// `configured` (null: none) has the secrets that signatures are checked with.
/// Errors: kCorruption, kUnavailable; kNotFound when nothing of the call was known by `at`.
Result<Timeline> read_timeline(const CallFacts& facts, const LogReader& log, const RuleSet& rules, const AsOf& as_of,
                               const Sources* configured = nullptr);

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
