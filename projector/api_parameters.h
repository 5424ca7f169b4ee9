#pragma once

#include <optional>
#include <string>
#include <variant>

#include "projector/queries.h"
#include "projector/router.h"
#include "schemas/time.h"

namespace hookledger {

/// What was read, or the problem to answer with.
template <class T>
using OrProblem = std::variant<T, ApiResponse>;

/// `at` and `by` of a request. `now`: for relative times.
struct AsOfParameters {
  std::optional<Time> at;
  bool by_occurrence = false;
};
OrProblem<AsOfParameters> read_as_of(const ApiArguments& arguments, Time now);

/// `limit` and `cursor`.
OrProblem<PageRequest> read_page(const ApiArguments& arguments);
/// `status`, `org`, `number`, `since`, `until`.
OrProblem<CallFilter> read_call_filter(const ApiArguments& arguments, Time now);
/// `status`, `rule`, `call`, `at`.
OrProblem<FindingFilter> read_finding_filter(const ApiArguments& arguments, const RuleSet& rules, Time now);

}  // namespace hookledger
