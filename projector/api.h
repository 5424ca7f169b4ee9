#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "ingest/log/event_log.h"
#include "projector/queries.h"
#include "projector/router.h"
#include "schemas/clock.h"
#include "schemas/metrics.h"

namespace hookledger {

/// Who has to be ready before `/readyz` says so. Filled before the first request; functions: any thread.
class Readiness {
 public:
  /// `not_ready` gives what it waits for, nothing when it is ready.
  void add(std::string name, std::function<std::optional<std::string>()> not_ready);
  /// `name: what it waits for`, one after the other; nothing when all are ready.
  std::optional<std::string> not_ready() const;

 private:
  std::vector<std::pair<std::string, std::function<std::optional<std::string>()>>> parts_;
};

/// `/healthz`, `/readyz`, `/metrics`. Both outlive the router.
void add_health_routes(Router& router, const Readiness& readiness, Metrics& metrics);

/// What the API reads. All outlive the router.
struct ApiParts {
  const Queries& queries;
  const LogReader& log;
  const Clock& clock;
  /// Waits (bounded) until the partition, or every one, has what is durable now: `Projector::settle`.
  std::function<void(std::optional<std::uint32_t>)> settle;
  std::string openapi;  ///< Text of schemas/openapi.yaml.
};

/// The `/v1` routes but for the forensic view, and `/openapi.yaml`.
void add_api_routes(Router& router, ApiParts parts);

/// `at` and `by` of a request.
struct AsOfParameters {
  std::optional<Time> at;
  bool by_occurrence = false;
};
/// Reads them, or gives the problem to answer with. `now`: for relative times.
std::variant<AsOfParameters, ApiResponse> read_as_of(const ApiArguments& arguments, Time now);

/// The facts of the call, waited for, or the problem to answer with (`call-not-found` too): for further routes.
std::variant<CallFacts, ApiResponse> find_call(const ApiParts& parts, const std::string& call_id);

/// The answer for a store or log that failed.
ApiResponse failure(const Error& error);

}  // namespace hookledger
