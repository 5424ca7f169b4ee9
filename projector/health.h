#pragma once

#include <functional>
#include <mutex>
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
  /// Of what is ready and still not as it should be; it stands in the answer of `/readyz`.
  void add_warning(std::string name, Check warning) { warnings_.emplace_back(std::move(name), std::move(warning)); }
  /// `name: what it waits for`, one after the other; nothing when all are ready.
  std::optional<std::string> not_ready() const;
  std::vector<std::string> warnings() const;

 private:
  std::vector<std::pair<std::string, Check>> parts_, warnings_;
};

/// A warning that comes and goes. Threads: any.
class Warning {
 public:
  void set(std::string text) {
    const std::lock_guard lock(mutex_);
    text_ = std::move(text);
  }
  std::optional<std::string> get() const {
    const std::lock_guard lock(mutex_);
    return text_.empty() ? std::nullopt : std::optional(text_);
  }

 private:
  mutable std::mutex mutex_;
  std::string text_;
};

/// `/healthz`, `/readyz`, `/metrics`. Both outlive the router.
void add_health_routes(Router& router, const Readiness& readiness, Metrics& metrics);

}  // namespace hookledger
