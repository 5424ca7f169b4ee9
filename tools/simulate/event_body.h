#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "schemas/json.h"
#include "schemas/time.h"
#include "tools/simulate/random.h"

namespace hookledger {

/// One side of a simulated call, as every event about it names it.
struct SimulatedLeg {
  std::string id, control_id, direction, from, to;
  std::string client_state;  ///< Empty: no command has set one yet.
  Time initiated_at;
};

struct HangupReason {
  std::string_view cause, source, sip_cause;
};

/// Writes the `data` objects of one call's events as Telnyx does (enveloped v2). Event ids are drawn from
/// `random`, which must outlive this.
class EventBodies {
 public:
  EventBodies(Random& random, std::string session_id, std::string connection_id);

  std::string initiated(const SimulatedLeg& leg);
  std::string answered(const SimulatedLeg& leg, Time at);
  std::string bridged(const SimulatedLeg& leg, Time at);
  std::string hangup(const SimulatedLeg& leg, Time at, const HangupReason& reason);
  std::string dtmf(const SimulatedLeg& leg, Time at);
  /// `type`: `call.speak.started` or `call.speak.ended`.
  std::string speak(const SimulatedLeg& leg, Time at, std::string_view type);
  std::string recording_saved(const SimulatedLeg& leg, Time at, Time started_at, Time ended_at);

  /// `type`: `conference.created`, `.ended`, `.participant.joined` or `.participant.left`.
  std::string conference(const SimulatedLeg& leg, Time at, std::string_view type, std::string_view conference_id);
  std::string conference_recording_saved(const SimulatedLeg& leg, Time at, std::string_view conference_id,
                                         Time started_at, Time ended_at);

 private:
  using Payload = std::function<void(JsonWriter&)>;
  std::string event(std::string_view type, Time at, const Payload& payload);
  void write_ids(JsonWriter& out, const SimulatedLeg& leg) const;
  void write_leg(JsonWriter& out, const SimulatedLeg& leg) const;

  Random& random_;
  std::string session_id_, connection_id_;
};

/// The whole body of a delivery: `data` and how often it has been tried, counted from 1.
std::string delivery_body(std::string_view data, unsigned attempt);

}  // namespace hookledger
