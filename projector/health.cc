#include "projector/health.h"

namespace hookledger {

std::optional<std::string> Readiness::not_ready() const {
  std::string waiting;
  for (const auto& [name, check] : parts_) {
    const auto what = check();
    if (what) waiting.append(waiting.empty() ? "" : "; ").append(name).append(": ").append(*what);
  }
  return waiting.empty() ? std::nullopt : std::optional(std::move(waiting));
}

void add_health_routes(Router& router, const Readiness& readiness, Metrics& metrics) {
  router.add("/healthz", [](const ApiArguments&) { return ApiResponse{.body = R"({"status":"ok"})", .headers = {}}; });
  router.add("/readyz", [&readiness](const ApiArguments&) {
    const auto waiting = readiness.not_ready();
    if (waiting) return not_ready(*waiting);
    return ApiResponse{.body = R"({"status":"ready"})", .headers = {}};
  });
  router.add("/metrics", [&metrics](const ApiArguments&) {
    return ApiResponse{
        .content_type = "text/plain; version=0.0.4; charset=utf-8", .body = metrics.text(), .headers = {}};
  });
}

}  // namespace hookledger
