#pragma once

#include <string>
#include <string_view>

#include "projector/queries.h"

namespace hookledger {

/// Reads what a server's API answered (schemas/openapi.yaml), for commands with `--url`. Errors: kInvalid.
Result<Page<ListedCall>> parse_call_list(std::string_view json);
Result<Page<Finding>> parse_finding_list(std::string_view json);

/// Title and detail of a problem document, or what else can be said of such an answer.
std::string problem_text(std::string_view json, unsigned status);

}  // namespace hookledger
