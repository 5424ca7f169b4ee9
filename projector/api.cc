#include "projector/api.h"

#include <algorithm>
#include <future>

#include "schemas/cloud_event.h"
#include "schemas/json.h"
#include "schemas/text.h"

namespace hookledger {
namespace {

/// A read waits so long for what was durable when it came.
constexpr std::chrono::milliseconds kSettleTimeout(1000);

ApiResponse json(std::string_view text) { return {.body = std::string(text), .headers = {}}; }

ApiResponse lags_behind() {
  return not_ready("the state does not have every durable record yet: /readyz says what it waits for");
}

bool has(const State& state, std::uint32_t partition) {
  return std::ranges::binary_search(state.partitions(), partition);
}

std::string call_json(const ListedCall& call) {
  JsonWriter out;
  write_json(out, call.call, &call.open_rules);
  return std::string(out.view());
}

ApiResponse get_call(const ApiParts& parts, const ApiArguments& arguments, State& state) {
  const Time now = parts.clock.wall();
  const auto as_of = read_as_of(arguments, now);
  if (const auto* wrong = std::get_if<ApiResponse>(&as_of)) return *wrong;
  const auto found = find_call(parts, state, arguments.segments[0]);
  if (const auto* wrong = std::get_if<ApiResponse>(&found)) return *wrong;
  const auto& [at, by_occurrence] = std::get<AsOfParameters>(as_of);
  const auto& facts = std::get<CallFacts>(found);
  if (!at) return json(call_json(state.queries().describe(facts, now)));
  const CallFacts past = facts.as_of(*at, by_occurrence);
  return past.events().empty() ? call_not_found() : json(call_json(state.queries().describe(past, *at)));
}

/// All of the states together in `timeout`.
bool settle(const ApiParts& parts, const std::vector<std::shared_ptr<State>>& states) {
  const auto deadline = parts.clock.monotonic() + kSettleTimeout;
  return std::ranges::all_of(states, [&](const auto& state) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - parts.clock.monotonic());
    return state->settle({}, std::max(left, std::chrono::milliseconds(0)));
  });
}

/// How a question about all calls is answered.
struct ListQuestion {
  std::size_t limit;
  CursorReader read_cursor;
  std::function<Result<ListPage>(const State&)> ask;
};

/// What the states here and, unless others ask us, the owners of all other partitions say.
OrProblem<ListPage> ask_all(const ApiParts& parts, const ApiArguments& arguments, const ListQuestion& question) {
  const auto states = parts.states();
  std::set<std::uint32_t> elsewhere;
  for (std::uint32_t partition = 0; partition < parts.log.partitions() && !arguments.forwarded; ++partition) {
    if (std::ranges::none_of(states, [&](const auto& state) { return has(*state, partition); })) {
      elsewhere.insert(partition);
    }
  }
  std::future<OrProblem<std::vector<ListPage>>> asked;
  if (!elsewhere.empty()) {
    asked = std::async(std::launch::async, [&] { return ask_owners(parts.peers, elsewhere, arguments); });
  }
  if (!settle(parts, states)) return lags_behind();
  std::vector<ListPage> pages;
  for (const auto& state : states) {
    auto page = question.ask(*state);
    if (!page) return failure(page.error());
    pages.push_back(std::move(*page));
  }
  if (asked.valid()) {
    auto others = asked.get();
    if (auto* problem = std::get_if<ApiResponse>(&others)) return std::move(*problem);
    for (ListPage& page : std::get<std::vector<ListPage>>(others)) pages.push_back(std::move(page));
  }
  auto merged = merge_pages(pages, question.limit, parts.log.partitions(), question.read_cursor);
  if (!merged) return not_ready(merged.error().detail);
  return std::move(*merged);
}

ApiResponse answer_list(const ApiParts& parts, const ApiArguments& arguments, const ListQuestion& question) {
  auto list = ask_all(parts, arguments, question);
  if (auto* problem = std::get_if<ApiResponse>(&list)) return std::move(*problem);
  const ListPage& page = std::get<ListPage>(list);
  return json(arguments.forwarded ? peer_json(page) : client_json(page));
}

ApiResponse get_leg(const ApiParts& parts, const ApiArguments& arguments) {
  const Time now = parts.clock.wall();
  const auto calls_here = [&](const State& state) -> Result<ListPage> {
    Page<ListedCall> page;
    auto facts = state.queries().call_of_leg(arguments.segments[0]);
    if (!facts) return facts.error();
    if (*facts) {
      page.items.push_back(state.queries().describe(**facts, now));
      const Call& call = page.items.back().call;
      page.cursors.push_back(encode_cursor(CallPosition{call.first_at, call.id}));
    }
    return list_page(page, state.partitions());
  };
  const ListQuestion question{parts.log.partitions(), read_call_cursor, calls_here};
  if (arguments.forwarded) return answer_list(parts, arguments, question);
  auto calls = ask_all(parts, arguments, question);
  if (auto* problem = std::get_if<ApiResponse>(&calls)) return std::move(*problem);
  const auto& items = std::get<ListPage>(calls).items;
  const auto first = std::ranges::min_element(
      items, {}, [](const ListPage::Item& item) { return read_call_cursor(item.cursor)->call.call_id; });
  if (first == items.end()) return problem(404, "leg-not-found", "No call has this leg");
  return json(first->json);
}

ApiResponse get_calls(const ApiParts& parts, const ApiArguments& arguments) {
  const Time now = parts.clock.wall();
  const auto filter = read_call_filter(arguments, now);
  if (const auto* wrong = std::get_if<ApiResponse>(&filter)) return *wrong;
  const auto request = read_page(arguments);
  if (const auto* wrong = std::get_if<ApiResponse>(&request)) return *wrong;
  const auto& page = std::get<PageRequest>(request);
  return answer_list(parts, arguments, {page.limit, read_call_cursor, [&](const State& state) -> Result<ListPage> {
                                          const auto calls =
                                              state.queries().calls(std::get<CallFilter>(filter), page, now);
                                          if (!calls) return calls.error();
                                          return list_page(*calls, state.partitions());
                                        }});
}

ApiResponse get_findings(const ApiParts& parts, const ApiArguments& arguments) {
  const Time now = parts.clock.wall();
  const auto filter = read_finding_filter(arguments, *parts.rules(), now);
  if (const auto* wrong = std::get_if<ApiResponse>(&filter)) return *wrong;
  const auto request = read_page(arguments);
  if (const auto* wrong = std::get_if<ApiResponse>(&request)) return *wrong;
  const auto& page = std::get<PageRequest>(request);
  const auto subjects = parts.subjects ? parts.subjects() : nullptr;
  if (parts.subjects && (subjects == nullptr || !subjects->settle({}, kSettleTimeout))) return lags_behind();
  return answer_list(parts, arguments, {page.limit, read_finding_cursor, [&](const State& state) -> Result<ListPage> {
                                          const auto findings =
                                              state.queries().findings(std::get<FindingFilter>(filter), page, now);
                                          if (!findings) return findings.error();
                                          return list_page(*findings, state.partitions());
                                        }});
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
  add_call_route(router, parts, "/v1/calls/{id}", {"at", "by"},
                 [parts](const ApiArguments& arguments, State& state) { return get_call(parts, arguments, state); });
  route("/v1/legs/{control_id}", {}, get_leg);
  route("/v1/findings", {"status", "rule", "call", "at", "limit", "cursor"}, get_findings);
  route("/v1/records/{partition}/{offset}", {"raw"}, get_record);
  router.add("/openapi.yaml", [text = parts.openapi](const ApiArguments&) {
    return ApiResponse{.content_type = "application/yaml", .body = text, .headers = {}};
  });
}

void add_call_route(Router& router, const ApiParts& parts, std::string_view pattern,
                    std::vector<std::string> parameters, CallHandler handler) {
  router.add(pattern, std::move(parameters),
             [parts, handler = std::move(handler)](const ApiArguments& arguments) -> ApiResponse {
               const std::uint32_t partition = partition_of(arguments.segments[0], parts.log.partitions());
               for (const auto& state : parts.states()) {
                 if (has(*state, partition)) return handler(arguments, *state);
               }
               return ask_owner(parts.peers, partition, arguments);
             });
}

OrProblem<CallFacts> find_call(const ApiParts& parts, State& state, const std::string& call_id) {
  if (!state.settle(partition_of(call_id, parts.log.partitions()), kSettleTimeout)) return lags_behind();
  auto facts = state.queries().call(call_id);
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
