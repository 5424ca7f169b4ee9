#pragma once

#include "projector/api.h"

namespace hookledger {

/// `/v1/calls/{id}/records`: the forensic view. `rules` outlives the router.
void add_forensic_route(Router& router, ApiParts parts, const RuleSet& rules);

}  // namespace hookledger
