#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "projector/router.h"
#include "schemas/metrics.h"

namespace hookledger {

/// Who has to be ready before `/readyz` says so. Filled before the first request; its functions are called on
/// any thread.
class Readiness {
 public:
  using Check = std::function<std::optional<std::string>()>;  ///< What it waits for; nothing when ready.

  void add(std::string name, Check not_ready) { parts_.emplace_back(std::move(name), std::move(not_ready)); }
  /// `name: what it waits for`, one after the other; nothing when all are ready.
  std::optional<std::string> not_ready() const;

 private:
  std::vector<std::pair<std::string, Check>> parts_;
};

/// `/healthz`, `/readyz`, `/metrics`. Both outlive the router.
void add_health_routes(Router& router, const Readiness& readiness, Metrics& metrics);

}  // namespace hookledger
