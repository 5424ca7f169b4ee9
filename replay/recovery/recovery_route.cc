#include "replay/recovery/recovery_route.h"

#include <algorithm>

#include "schemas/json.h"

namespace hookledger {
namespace {

/// When the provider may be asked again: of several sources the last, for who asked which is not told.
std::string retry_after(const std::vector<Recovery*>& recoveries, const Clock& clock) {
  const auto now = clock.monotonic();
  auto wait = std::chrono::seconds(1);
  for (Recovery* const recovery : recoveries) {
    const auto retry_at = recovery->api().retry_at();
    if (retry_at > now) wait = std::max(wait, std::chrono::ceil<std::chrono::seconds>(retry_at - now));
  }
  return std::to_string(wait.count());
}

ApiResponse answer_to(const Error& error, const std::vector<Recovery*>& recoveries, const Clock& clock) {
  switch (error.code) {
    case ErrorCode::kInvalid:
      return problem(502, "recovery-answer-unusable", "The provider's answer cannot be used", error.detail);
    case ErrorCode::kNotFound: return problem(404, "call-not-found", "No such call", error.detail);
    case ErrorCode::kUsage:
      return problem(409, "recovery-not-configured", "The provider cannot be asked", error.detail);
    case ErrorCode::kStopping: return not_ready(error.detail);
    default: break;
  }
  ApiResponse response = problem(503, "recovery-unavailable", "The provider cannot be asked now", error.detail);
  response.headers.emplace_back("Retry-After", retry_after(recoveries, clock));
  return response;
}

ApiResponse recover(const std::vector<Recovery*>& recoveries, const Clock& clock, const std::stop_token& stop,
                    const ApiArguments& arguments) {
  RecoveryRequest request;
  request.call_id = arguments.get("call");
  request.cursor = arguments.get("cursor");
  if (!request.cursor.empty() && !is_recovery_cursor(request.cursor, recoveries.size()))
    return bad_parameter("cursor", "is none that a step before gave");
  if (arguments.has("call") && request.call_id.empty()) return bad_parameter("call", "is empty");
  if (arguments.has("call") == arguments.has("since"))
    return bad_parameter("call", "or since must be given, and not both");
  if (arguments.has("since")) {
    request.since = parse_instant(arguments.get("since"), clock.wall());
    if (!request.since) return bad_parameter("since", "is neither an RFC 3339 time nor relative to now like -10m");
  }
  if (arguments.has("dry_run")) {
    const std::string& text = arguments.get("dry_run");
    if (text != "true" && text != "false") return bad_parameter("dry_run", "is neither true nor false");
    request.dry_run = text == "true";
  }
  const auto step = recover_by_hand(recoveries, request, clock.wall(), stop);
  if (!step) return answer_to(step.error(), recoveries, clock);
  JsonWriter out;
  write_json(out, *step);
  return {.body = std::string(out.view()), .headers = {}};
}

}  // namespace

void add_recovery_route(Router& router, std::vector<Recovery*> recoveries, const Clock& clock, std::stop_token stop) {
  router.add_command("/v1/recoveries", "recover", {"call", "since", "dry_run", "cursor"},
                     [recoveries = std::move(recoveries), &clock, stop = std::move(stop)](
                         const ApiArguments& arguments) { return recover(recoveries, clock, stop, arguments); });
}

}  // namespace hookledger
