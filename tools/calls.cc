#include <algorithm>
#include <iostream>

#include "projector/queries.h"
#include "replay/answers.h"
#include "schemas/json.h"
#include "schemas/text.h"
#include "tools/command.h"
#include "tools/data_access.h"
#include "tools/paging.h"
#include "tools/rule_settings.h"
#include "tools/table.h"

namespace hookledger {
namespace {

std::string or_dash(std::string_view text) { return text.empty() ? "-" : printable(text); }

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : ",") + word;
  return or_dash(out);
}

std::vector<std::string> row(const ListedCall& listed) {
  const Call& call = listed.call;
  return {format_time(call.first_at),
          or_dash(to_string(call.status)),
          or_dash(call.direction),
          or_dash(call.from),
          or_dash(call.to),
          std::to_string(call.legs.size()),
          std::to_string(call.event_count),
          format_duration(call.last_at - call.first_at),
          printable(call.id),
          joined(listed.open_rules)};
}

void print(const std::vector<ListedCall>& calls, bool as_json) {
  if (as_json) {
    for (const ListedCall& listed : calls) {
      JsonWriter json;
      write_json(json, listed.call, &listed.open_rules);
      std::cout << json.view() << '\n';
    }
    return;
  }
  std::vector<std::vector<std::string>> rows;
  for (const ListedCall& listed : calls) rows.push_back(row(listed));
  std::cout << render_table(
      {"first event", "status", "direction", "from", "to", "legs", "events", "length", "call", "open findings"}, rows);
}

Result<CallFilter> read_filter(const Settings& settings, Time now) {
  CallFilter filter;
  if (settings.has("status")) {
    const auto status = settings.word("status", {"initiated", "ringing", "answered", "bridged", "ended"});
    if (!status) return status.error();
    filter.status = parse_call_status(*status);
  }
  filter.organization = settings.text("org");
  filter.number = settings.text("number");
  const auto since = settings.instant("since", now), until = settings.instant("until", now);
  if (!since) return since.error();
  if (!until) return until.error();
  filter.since = *since;
  filter.until = *until;
  return filter;
}

std::string target_of(const CallFilter& filter, const PageRequest& page) {
  QueryString query("/v1/calls");
  query.add("limit", std::to_string(page.limit));
  query.add("cursor", page.cursor);
  query.add("status", filter.status ? to_string(*filter.status) : std::string_view());
  query.add("org", filter.organization);
  query.add("number", filter.number);
  query.add("since", filter.since ? format_time(*filter.since) : std::string());
  query.add("until", filter.until ? format_time(*filter.until) : std::string());
  return query.text();
}

Result<int> run(const Settings& settings, const CommandContext& context) {
  if (auto checked = expect_positional(settings, 0, ""); !checked) return checked.error();
  const Time now = context.clock.wall();
  const auto filter = read_filter(settings, now);
  if (!filter) return filter.error();
  const auto limit = settings.number("limit", 50, 1, 1'000'000'000);
  if (!limit) return limit.error();

  const auto take = [&](const std::vector<ListedCall>& calls) { print(calls, settings.flag("json")); };
  if (asks_server(settings)) {
    const auto from_server = [&](const PageRequest& page) -> Result<Page<ListedCall>> {
      const auto answer = ask_server(settings, target_of(*filter, page));
      if (!answer) return answer.error();
      return parse_call_list(*answer);
    };
    const auto calls = read_pages<ListedCall>(from_server, *limit);
    if (!calls) return calls.error();
    take(*calls);
    return kExitDone;
  }
  const auto rules = configured_rules(settings);
  if (!rules) return rules.error();
  const auto view = open_data_dir(settings, context, **rules);
  if (!view) return view.error();
  const Queries queries(*view->store, **rules);
  const auto calls =
      read_pages<ListedCall>([&](const PageRequest& page) { return queries.calls(*filter, page, now); }, *limit);
  if (!calls) return calls.error();
  take(*calls);
  return kExitDone;
}

}  // namespace

Command calls_command() {
  return {"calls",
          "",
          "List calls, newest first",
          "  hookledger calls --status bridged\n"
          "  hookledger calls --number +12025550100 --since -1h\n"
          "  hookledger calls --json --limit 500 | jq -r .id\n",
          with_rule_options({{"status", "S", "initiated, ringing, answered, bridged or ended"},
                             {"org", "ID", "of this organisation"},
                             {"number", "N", "with a leg from or to this number"},
                             {"since", "T", "first event at T or later: RFC 3339, or relative such as -1h"},
                             {"until", "T", "first event before T"},
                             {"limit", "N", "at most N; default 50"}}),
          run};
}

}  // namespace hookledger
