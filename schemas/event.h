#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/time.h"

namespace hookledger {

/// What the sink needs to know of a body: enough to name, order and place it.
struct EventHead {
  std::string id;       ///< Never empty: `blake2b:` and 64 hex digits of the body when it has none.
  std::string type;     ///< Mapped name; `hookledger.unrecognised` when the body is none we understand.
  std::string call_id;  ///< Empty: belongs to no call.
  std::string leg_id;   ///< Empty: names no leg.
  std::optional<Time> occurred_at;
  std::uint32_t attempt = 0;  ///< 0: not told.
};

/// Events that change a call. Stored: append at the end, never renumber.
enum class Effect : std::uint8_t {
  kNone = 0,
  kInitiated = 1,
  kRinging = 2,
  kAnswered = 3,
  kBridged = 4,
  kHangup = 5,
  kRecording = 6
};

/// What the fold needs of a body beyond its head. An empty string is an absent one.
struct EventDetail {
  Effect effect = Effect::kNone;
  std::string control_id, direction, from, to;
  std::string organization_id;
  std::string hangup_cause, hangup_source, sip_hangup_cause;  ///< With kHangup.
  std::string recording_id;                                   ///< With kRecording, as the five below.
  std::optional<Time> recording_started_at, recording_ended_at;
  std::string channels;
  std::string urls;  ///< JSON object text, without nulls; `{}` when there are none.
};

/// Reads bodies of one kind of source. Owns the parser's buffers, so an instance serves one thread.
/// Any bytes are valid input. Depth is bounded, memory is in proportion to the body.
class EventReader {
 public:
  virtual ~EventReader() = default;
  virtual EventHead head(std::string_view body) = 0;
  /// Of a body whose head was recognised. `type` is the mapped type from that head. Valid until the next call.
  virtual const EventDetail& detail(std::string_view body, std::string_view type) = 0;
};

}  // namespace hookledger
