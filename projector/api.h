#pragma once

#include <functional>
#include <optional>
#include <string>

#include "ingest/log/event_log.h"
#include "projector/api_parameters.h"
#include "projector/queries.h"
#include "projector/router.h"
#include "schemas/clock.h"

namespace hookledger {

/// What the API reads. References outlive the router.
struct ApiParts {
  const Queries& queries;
  const LogReader& log;
  const Clock& clock;
  /// Waits, bounded, until the partition (nothing: every one) has what is durable now: `Projector::settle`.
  std::function<bool(std::optional<std::uint32_t>)> settle;
  std::string openapi;  ///< Text of schemas/openapi.yaml.
};

/// The `/v1` routes but for the forensic view, and `/openapi.yaml`. Handlers may run on any thread.
void add_api_routes(Router& router, const ApiParts& parts);

/// The facts of the call, waited for, or the problem to answer with (`call-not-found` too): for further routes.
OrProblem<CallFacts> find_call(const ApiParts& parts, const std::string& call_id);

ApiResponse call_not_found();

/// The answer when the store or the log failed; a bad cursor is the client's.
ApiResponse failure(const Error& error);

}  // namespace hookledger
