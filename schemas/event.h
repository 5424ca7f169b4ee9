#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/event_fields.h"
#include "schemas/record.h"
#include "schemas/time.h"

namespace hookledger {

/// A body, and what stands beside it that its meaning may hang on. Views; an empty string is an absent one.
struct EventBody {
  std::string_view bytes;
  std::string_view content_type = {};
  std::string_view signed_with = {};  ///< `RecordView::signed_with`.
  std::string_view type = {};  ///< Told beside the body: at the door by `EventReader::told`, later by the record.
  std::optional<Time> occurred_at = std::nullopt;  ///< Likewise.
};

/// The body of a stored record, as its reader was given it at the door.
EventBody body_of(const RecordView& record);

/// What the headers of a request say of an event whose body does not say it. Empty: nothing.
struct ToldEvent {
  std::string type;
  std::optional<Time> occurred_at;
};

/// The value of a request's header, by its lower-case name; empty when there is none.
using HeaderLookup = std::function<std::string_view(std::string_view name)>;

/// What the sink needs to know of a body: enough to name, order and place it.
struct EventHead {
  std::string id;         ///< Never empty: `blake2b:` and 64 hex digits of the body when it has none.
  std::string type;       ///< Mapped name; `hookledger.unrecognised` when the body is none we understand.
  std::string call_id;    ///< Empty: belongs to no call.
  std::string leg_id;     ///< Empty: names no leg.
  std::string device_id;  ///< Empty: names no device.
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
  std::string organization_id;  ///< Only a provider's event has one.
  std::string device_id;
  bool telemetry = false;        ///< An application or a device speaks, not the provider.
  bool dialled = false;          ///< Another leg dialled this one: its answer connects the two.
  bool by_subscription = false;  ///< The source sends the events that were asked for: absence of one proves no loss.
  std::string hangup_cause, hangup_source, sip_hangup_cause;  ///< With kHangup.
  std::string recording_id;  ///< With kRecording, as the five below; with kHangup where a recording ends with the call.
  std::optional<Time> recording_started_at, recording_ended_at;
  std::string channels;
  std::string urls;  ///< JSON object text, without nulls; `{}` when there are none.
};

/// Reads bodies of one kind of source. Owns the parser's buffers, so an instance serves one thread.
/// Any bytes are valid input. Depth is bounded, memory is in proportion to the body.
class EventReader {
 public:
  virtual ~EventReader() = default;
  /// What the headers of a request tell of an event; most kinds tell all of it in the body.
  virtual ToldEvent told([[maybe_unused]] const HeaderLookup& header) const { return {}; }
  virtual EventHead head(const EventBody& body) = 0;
  /// Of a body whose head was recognised. `type` is the mapped type from that head. Valid until the next call.
  virtual const EventDetail& detail(const EventBody& body, std::string_view type) = 0;
  /// Adds what the event carries at those of `pointers` (RFC 6901) that `slots` names: see rules::Field.
  virtual void add_values(const EventBody& body, std::span<const std::string> pointers,
                          std::span<const std::uint32_t> slots, FieldValues& values) = 0;
};

/// The head of a body that is none we understand.
EventHead unrecognised_head(std::string_view body);

}  // namespace hookledger
