#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/time.h"

namespace hookledger {

class JsonWriter;

/// In order of progress.
enum class CallStatus : std::uint8_t { kNone = 0, kInitiated, kRinging, kAnswered, kBridged, kEnded };
/// Empty for kNone.
std::string_view to_string(CallStatus status);
std::optional<CallStatus> parse_call_status(std::string_view text);

/// One side of a call. An empty string is an absent one and leaves the program as `null`.
struct Leg {
  std::string id, control_id, direction, from, to;
  CallStatus status = CallStatus::kInitiated;
  std::optional<Time> initiated_at, ringing_at, answered_at, bridged_at, ended_at;
  std::string hangup_cause, hangup_source, sip_hangup_cause;
};

struct Recording {
  std::string id;
  std::optional<Time> started_at, ended_at;
  Time saved_at;
  std::string channels;
  std::string urls;  ///< JSON object text.
};

struct MissingEvent {
  std::string leg_id, type;
};

/// A call as CONTRACT shows it: a pure function of its facts. Layout of the JSON: schemas/openapi.yaml.
struct Call {
  std::string id, source, organization_id;
  CallStatus status = CallStatus::kNone;
  std::string direction, from, to;
  std::optional<Time> initiated_at, answered_at, bridged_at, ended_at;
  std::string hangup_cause, hangup_source;
  std::string originator_leg_id, winner_leg_id;
  std::vector<Leg> legs;  ///< By (initiated_at, nulls last, id).
  std::vector<Recording> recordings;
  std::uint64_t event_count = 0;
  Time first_at, last_at;
  std::vector<MissingEvent> missing;
};

/// Writes the call as a JSON object; with `findings` (names of open rules, sorted, unique) when given.
void write_json(JsonWriter& out, const Call& call, const std::vector<std::string>* findings);

}  // namespace hookledger
