#include "projector/health.h"

#include "schemas/json.h"

namespace hookledger {

std::optional<std::string> Readiness::not_ready() const {
  std::string waiting;
  for (const auto& [name, check] : parts_) {
    const auto what = check();
    if (what) waiting.append(waiting.empty() ? "" : "; ").append(name).append(": ").append(*what);
  }
  return waiting.empty() ? std::nullopt : std::optional(std::move(waiting));
}

std::vector<std::string> Readiness::warnings() const {
  std::vector<std::string> texts;
  for (const auto& [name, check] : warnings_) {
    if (const auto text = check()) texts.push_back(name + ": " + *text);
  }
  return texts;
}

void add_health_routes(Router& router, const Readiness& readiness, Metrics& metrics) {
  router.add("/healthz", [](const ApiArguments&) { return ApiResponse{.body = R"({"status":"ok"})", .headers = {}}; });
  router.add("/readyz", [&readiness](const ApiArguments&) {
    const auto waiting = readiness.not_ready();
    if (waiting) return not_ready(*waiting);
    JsonWriter out;
    out.begin_object();
    out.member("status", "ready");
    const std::vector<std::string> warnings = readiness.warnings();
    if (!warnings.empty()) {
      out.key("warnings");
      out.begin_array();
      for (const std::string& warning : warnings) out.string(warning);
      out.end_array();
    }
    out.end_object();
    return ApiResponse{.body = std::string(out.view()), .headers = {}};
  });
  router.add("/metrics", [&metrics](const ApiArguments&) {
    return ApiResponse{
        .content_type = "text/plain; version=0.0.4; charset=utf-8", .body = metrics.text(), .headers = {}};
  });
}

}  // namespace hookledger
