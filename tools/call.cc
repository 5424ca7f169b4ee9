#include <iostream>

#include "replay/timeline.h"
#include "schemas/form.h"
#include "schemas/json.h"
#include "tools/command.h"
#include "tools/data_access.h"
#include "tools/progress.h"
#include "tools/rule_settings.h"
#include "tools/source_settings.h"

namespace hookledger {
namespace {

Result<Timeline> from_data_dir(const Settings& settings, const CommandContext& context, const std::string& id,
                               const std::optional<Time>& at, bool by_occurrence) {
  const auto rules = configured_rules(settings);
  if (!rules) return rules.error();
  const auto view = open_data_dir(settings, context, **rules);
  if (!view) return view.error();
  const auto facts = view->store->find(id);
  if (!facts) return facts.error();
  if (!*facts)
    return Error{ErrorCode::kNotFound, "no call " + id + " in " + data_dir(settings) + ": hookledger calls lists them"};
  const auto sources = configured_sources(settings);
  if (!sources) return sources.error();
  auto timeline =
      read_timeline(**facts, *view->log, **rules, {at, by_occurrence, context.clock.wall()}, sources->get());
  if (!timeline && timeline.error().code == ErrorCode::kNotFound) {
    return Error{ErrorCode::kNotFound, "nothing of call " + id + " was known at that time"};
  }
  return timeline;
}

std::string target_of(const std::string& id, const std::optional<Time>& at, bool by_occurrence) {
  std::string target = "/v1/calls/" + percent_encode(id) + "/records?by=" + (by_occurrence ? "occurrence" : "arrival");
  if (at) target += "&at=" + percent_encode(format_time(*at));
  return target;
}

Result<int> run(const Settings& settings, const CommandContext& context) {
  if (auto checked = expect_positional(settings, 1, "the ID of one call"); !checked) return checked.error();
  const std::string& id = settings.positional().front();
  auto format = settings.word("format", {"text", "json", "html", "mermaid"});
  if (!format) return format.error();
  if (settings.flag("json")) format = std::string("json");
  const auto by = settings.word("by", {"arrival", "occurrence"});
  if (!by) return by.error();
  const auto at = settings.instant("at", context.clock.wall());
  if (!at) return at.error();

  Result<Timeline> timeline = Error{ErrorCode::kNotFound, {}};
  if (asks_server(settings)) {
    const auto answer = ask_server(settings, target_of(id, *at, *by == "occurrence"));
    if (!answer) return answer.error();
    timeline = parse_timeline(*answer);
  } else {
    timeline = from_data_dir(settings, context, id, *at, *by == "occurrence");
  }
  if (!timeline) return timeline.error();

  if (*format == "json") {
    JsonWriter json;
    write_json(json, *timeline);
    std::cout << json.view() << '\n';
  } else if (*format == "html") {
    std::cout << render_html(*timeline);
  } else if (*format == "mermaid") {
    std::cout << render_mermaid(*timeline);
  } else {
    std::cout << render_text(*timeline, colour_wanted(), terminal_width());
  }
  return kExitDone;
}

}  // namespace

Command call_command() {
  return {"call",
          "ID",
          "Forensic view of one call",
          "Every record of the call in order of when it happened: when it arrived, how late, how often, whether its\n"
          "signature still verifies, and the state after it; then what is missing and the findings.\n\n"
          "  hookledger call 428c31b6-abf3-3bc1-b7f4-5013ef9657c1\n"
          "  hookledger call ID --at -10m                  as it was known ten minutes ago\n"
          "  hookledger call ID --by occurrence --at T     had every event arrived when it happened\n"
          "  hookledger call ID --format html > call.html  one page with a ladder diagram\n",
          with_rule_options(
              {{"at", "T", "as of T: RFC 3339, or relative such as -10m; default now"},
               {"by", "arrival|occurrence", "which records --at leaves: received by T (default), or happened by T"},
               {"format", "FORMAT", "text (default), json, html or mermaid"}}),
          run};
}

}  // namespace hookledger
