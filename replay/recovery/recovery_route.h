#pragma once

#include "projector/router.h"
#include "replay/recovery/recovery_by_hand.h"

namespace hookledger {

/// `POST /v1/recoveries?call=|since=&dry_run=&cursor=`: a step of a recovery by hand. `recoveries` outlive the router;
/// `stop` ends what is under way. The handler may wait for the provider for some time; when that wants longer, it
/// answers 503 and Retry-After.
void add_recovery_route(Router& router, std::vector<Recovery*> recoveries, const Clock& clock, std::stop_token stop);

}  // namespace hookledger
