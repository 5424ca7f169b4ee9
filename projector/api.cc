#include "projector/api.h"

#include "schemas/cloud_event.h"
#include "schemas/json.h"
#include "schemas/text.h"

namespace hookledger {
namespace {

ApiResponse json(const JsonWriter& out) { return {.body = std::string(out.view()), .headers = {}}; }

void write_item(JsonWriter& out, const ListedCall& call) { write_json(out, call.call, &call.open_rules); }
void write_item(JsonWriter& out, const Finding& finding) { write_json(out, finding); }

template <class T>
ApiResponse list(const Result<Page<T>>& page) {
  if (!page) return failure(page.error());
  JsonWriter out;
  out.begin_object();
  out.key("items");
  out.begin_array();
  for (const T& item : page->items) write_item(out, item);
  out.end_array();
  out.member("next_cursor", page->next);
  out.end_object();
  return json(out);
}

ApiResponse lags_behind() {
  return not_ready("the state does not have every durable record yet: /readyz says what it waits for");
}

ApiResponse show_call(const ApiParts& parts, const CallFacts& facts, Time now) {
  JsonWriter out;
  write_item(out, parts.queries.describe(facts, now));
  return json(out);
}

ApiResponse get_call(const ApiParts& parts, const ApiArguments& arguments) {
  const Time now = parts.clock.wall();
  const auto as_of = read_as_of(arguments, now);
  if (const auto* wrong = std::get_if<ApiResponse>(&as_of)) return *wrong;
  const auto found = find_call(parts, arguments.segments[0]);
  if (const auto* wrong = std::get_if<ApiResponse>(&found)) return *wrong;
  const auto& [at, by_occurrence] = std::get<AsOfParameters>(as_of);
  const auto& facts = std::get<CallFacts>(found);
  if (!at) return show_call(parts, facts, now);
  const CallFacts past = facts.as_of(*at, by_occurrence);
  return past.events().empty() ? call_not_found() : show_call(parts, past, *at);
}

ApiResponse get_leg(const ApiParts& parts, const ApiArguments& arguments) {
  if (!parts.settle({})) return lags_behind();
  const auto facts = parts.queries.call_of_leg(arguments.segments[0]);
  if (!facts) return failure(facts.error());
  if (!*facts) return problem(404, "leg-not-found", "No call has this leg");
  return show_call(parts, **facts, parts.clock.wall());
}

ApiResponse get_calls(const ApiParts& parts, const ApiArguments& arguments) {
  const Time now = parts.clock.wall();
  const auto filter = read_call_filter(arguments, now);
  if (const auto* wrong = std::get_if<ApiResponse>(&filter)) return *wrong;
  const auto page = read_page(arguments);
  if (const auto* wrong = std::get_if<ApiResponse>(&page)) return *wrong;
  if (!parts.settle({})) return lags_behind();
  return list(parts.queries.calls(std::get<CallFilter>(filter), std::get<PageRequest>(page), now));
}

ApiResponse get_findings(const ApiParts& parts, const ApiArguments& arguments) {
  const Time now = parts.clock.wall();
  const auto filter = read_finding_filter(arguments, parts.queries.rules(), now);
  if (const auto* wrong = std::get_if<ApiResponse>(&filter)) return *wrong;
  const auto page = read_page(arguments);
  if (const auto* wrong = std::get_if<ApiResponse>(&page)) return *wrong;
  if (!parts.settle({})) return lags_behind();
  return list(parts.queries.findings(std::get<FindingFilter>(filter), std::get<PageRequest>(page), now));
}

ApiResponse get_record(const ApiParts& parts, const ApiArguments& arguments) {
  const auto partition = parse_unsigned(arguments.segments[0]);
  if (!partition) return bad_parameter("partition", "is not a number");
  const auto offset = parse_unsigned(arguments.segments[1]);
  if (!offset) return bad_parameter("offset", "is not a number");
  const Error absent{ErrorCode::kNotFound, {}};
  const auto record = *partition < parts.log.partitions()
                          ? parts.log.read({static_cast<std::uint32_t>(*partition), *offset})
                          : Result<StoredRecord>(absent);
  if (!record) {
    if (record.error().code != ErrorCode::kNotFound) return failure(record.error());
    return problem(404, "record-not-found", "No such record");
  }
  const auto view = decode_record(record->bytes);
  if (!view) return failure(view.error());
  if (!arguments.has("raw")) {
    return {
        .content_type = "application/cloudevents+json", .body = to_cloud_event(*view, record->place), .headers = {}};
  }
  // A body is the provider's: no browser may take it for a page.
  return {.content_type = "application/octet-stream",
          .body = std::string(view->body),
          .headers = {{"X-Content-Type-Options", "nosniff"}}};
}

}  // namespace

void add_api_routes(Router& router, const ApiParts& parts) {
  const auto route = [&](std::string_view pattern, std::vector<std::string> parameters, auto handler) {
    router.add(pattern, std::move(parameters),
               [parts, handler](const ApiArguments& arguments) { return handler(parts, arguments); });
  };
  route("/v1/calls", {"status", "org", "number", "since", "until", "limit", "cursor"}, get_calls);
  route("/v1/calls/{id}", {"at", "by"}, get_call);
  route("/v1/legs/{control_id}", {}, get_leg);
  route("/v1/findings", {"status", "rule", "call", "at", "limit", "cursor"}, get_findings);
  route("/v1/records/{partition}/{offset}", {"raw"}, get_record);
  router.add("/openapi.yaml", [text = parts.openapi](const ApiArguments&) {
    return ApiResponse{.content_type = "application/yaml", .body = text, .headers = {}};
  });
}

OrProblem<CallFacts> find_call(const ApiParts& parts, const std::string& call_id) {
  if (!parts.settle(partition_of(call_id, parts.log.partitions()))) return lags_behind();
  auto facts = parts.queries.call(call_id);
  if (!facts) return failure(facts.error());
  if (!*facts) return call_not_found();
  return std::move(**facts);
}

ApiResponse call_not_found() { return problem(404, "call-not-found", "No such call"); }

ApiResponse failure(const Error& error) {
  if (error.code == ErrorCode::kInvalid) return bad_parameter("cursor", "is none that this list gave");
  if (retryable(error.code)) return not_ready(error.detail);
  return problem(500, "internal", "The stored data cannot be read", error.detail);
}

}  // namespace hookledger
