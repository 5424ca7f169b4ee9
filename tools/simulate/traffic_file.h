#pragma once

#include <ostream>

#include "schemas/crypto.h"
#include "schemas/error.h"
#include "tools/simulate/plan.h"
#include "tools/simulate/traffic_progress.h"

namespace hookledger {

/// Writes the deliveries as CloudEvents, one a line, in order of arrival, as `export` does but without a place:
/// signed and received at the simulated instant of arrival. The same options and key give the same bytes.
/// Errors: kUnavailable, when `out` fails.
Result<void> write_cloud_events(const Plan& plan, const Ed25519KeyPair& key, std::ostream& out,
                                const TrafficProgress& progress = {});

}  // namespace hookledger
