#pragma once

#include "schemas/call.h"
#include "schemas/call_facts.h"

namespace hookledger {

/// What a set of facts means: CONTRACT, "The call model". Pure; the order of arrival plays no part (G4).
Call derive_call(const CallFacts& facts);

}  // namespace hookledger
