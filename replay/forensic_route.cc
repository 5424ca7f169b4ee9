#include "replay/forensic_route.h"

#include "replay/timeline.h"
#include "schemas/json.h"

namespace hookledger {

namespace {

ApiResponse show_records(const ApiParts& parts, const CurrentSources& sources, const ApiArguments& arguments,
                         State& state) {
  const Time now = parts.clock.wall();
  const auto as_of = read_as_of(arguments, now);
  if (const auto* problem = std::get_if<ApiResponse>(&as_of)) return *problem;
  const auto facts = find_call(parts, state, arguments.segments.front());
  if (const auto* problem = std::get_if<ApiResponse>(&facts)) return *problem;
  const auto& [at, by_occurrence] = std::get<AsOfParameters>(as_of);
  const auto configured = sources ? sources() : nullptr;
  const auto timeline =
      read_timeline(std::get<CallFacts>(facts), parts.log, state.queries().rules(), {at, by_occurrence, now}, configured.get());
  if (!timeline && timeline.error().code == ErrorCode::kNotFound) {
    return problem(404, "call-not-found", "No such call", "nothing of it was known at that time");
  }
  if (!timeline) return failure(timeline.error());
  JsonWriter json;
  write_json(json, *timeline);
  ApiResponse response;
  response.body = json.view();
  return response;
}

}  // namespace

void add_forensic_route(Router& router, const ApiParts& parts, const CurrentSources& sources) {
  add_call_route(router, parts, "/v1/calls/{id}/records", {"at", "by"},
                 [parts, sources](const ApiArguments& arguments, State& state) {
                   return show_records(parts, sources, arguments, state);
                 });
}

}  // namespace hookledger
