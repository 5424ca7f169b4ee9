#pragma once

#include "projector/queries.h"
#include "schemas/finding.h"
#include "schemas/json_members.h"

namespace hookledger {

/// Parts of the API's answers. What is wrong is noted in the members' fault. Internal to replay.
CallStatus read_status(Members& from, std::string_view name);
ListedCall read_call(Members from);
Finding read_finding(Members from);

}  // namespace hookledger
