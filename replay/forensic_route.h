#pragma once

#include "ingest/sources.h"
#include "projector/api.h"

namespace hookledger {

/// The sources configured now. Any thread.
using CurrentSources = std::function<std::shared_ptr<const Sources>()>;

/// `/v1/calls/{id}/records`: the forensic view. `sources` have the secrets that its signatures are checked with.
void add_forensic_route(Router& router, const ApiParts& parts, const CurrentSources& sources);

}  // namespace hookledger
