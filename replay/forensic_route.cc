#include "replay/forensic_route.h"

#include "replay/timeline.h"
#include "schemas/json.h"

namespace hookledger {

void add_forensic_route(Router& router, ApiParts parts, const RuleSet& rules) {
  router.add("/v1/calls/{id}/records", {"at", "by"}, [parts, &rules](const ApiArguments& arguments) -> ApiResponse {
    const Time now = parts.clock.wall();
    const auto as_of = read_as_of(arguments, now);
    if (const auto* problem = std::get_if<ApiResponse>(&as_of)) return *problem;
    const auto facts = find_call(parts, arguments.segments.front());
    if (const auto* problem = std::get_if<ApiResponse>(&facts)) return *problem;
    const auto& [at, by_occurrence] = std::get<AsOfParameters>(as_of);
    const auto timeline = read_timeline(std::get<CallFacts>(facts), parts.log, rules, {at, by_occurrence, now});
    if (!timeline && timeline.error().code == ErrorCode::kNotFound) {
      return problem(404, "call-not-found", "No such call", "nothing of it was known at that time");
    }
    if (!timeline) return failure(timeline.error());
    JsonWriter json;
    write_json(json, *timeline);
    ApiResponse response;
    response.body = json.view();
    return response;
  });
}

}  // namespace hookledger
