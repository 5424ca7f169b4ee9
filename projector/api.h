#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ingest/log/event_log.h"
#include "projector/api_parameters.h"
#include "projector/peers.h"
#include "projector/router.h"
#include "projector/state.h"
#include "schemas/clock.h"

namespace hookledger {

/// What the API reads. References outlive the router.
struct ApiParts {
  /// The states that answer here, now; no partition is in two. Kept open while they are held.
  std::function<std::vector<std::shared_ptr<State>>()> states;
  const LogReader& log;
  std::function<std::shared_ptr<const RuleSet>()> rules;  ///< In force, now.
  const Clock& clock;
  std::optional<Peers> peers;  ///< Who answers for what is not here; nothing where all of the log is.
  std::string openapi;         ///< Text of schemas/openapi.yaml.
  /// Where the states find devices and ratios, now: nothing while that is not there. Null: in themselves.
  std::function<std::shared_ptr<State>()> subjects{};
};

/// The `/v1` routes but for the forensic view, and `/openapi.yaml`. Handlers may run on any thread.
void add_api_routes(Router& router, const ApiParts& parts);

/// Answers about the call whose id is the first segment, from the state of its partition.
using CallHandler = std::function<ApiResponse(const ApiArguments&, State&)>;

/// A route about one call: `handler` answers where the call's partition is; elsewhere its owner is asked.
void add_call_route(Router& router, const ApiParts& parts, std::string_view pattern,
                    std::vector<std::string> parameters, CallHandler handler);

/// The facts of the call, waited for, or the problem to answer with (`call-not-found` too).
OrProblem<CallFacts> find_call(const ApiParts& parts, State& state, const std::string& call_id);

ApiResponse call_not_found();

/// The answer when the store or the log failed; a bad cursor is the client's.
ApiResponse failure(const Error& error);

}  // namespace hookledger
