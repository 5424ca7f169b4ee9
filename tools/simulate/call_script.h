#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "schemas/time.h"
#include "tools/simulate/traffic_options.h"

namespace hookledger {

struct ScriptedEvent {
  Time occurred_at;
  std::string data;  ///< The `data` object; `delivery_body` makes a body of it.
};

/// Everything that happens in one simulated call, in order of time.
struct CallScript {
  std::string call_id;
  std::vector<ScriptedEvent> events;
};

/// The call number `index` of the traffic that `options` describe. Only seed, start, legs, talk and index
/// matter: what happens to deliveries leaves the calls alone.
///
/// Calls are healthy: every leg ends, both sides of a bridge within a second; the devices of a ring that did
/// not answer stop within a second of the answer or of the caller's hang-up; who answered is bridged at once.
CallScript write_call_script(const TrafficOptions& options, std::uint32_t index);

}  // namespace hookledger
