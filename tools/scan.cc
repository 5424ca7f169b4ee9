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

namespace hookledger {
namespace {

constexpr std::uint64_t kFindingsMax = 1'000'000'000;

void print(const Finding& finding) {
  std::cout << to_string(finding.severity) << "  " << finding.rule << "  " << to_string(finding.status) << " since "
            << format_time(finding.opened_at);
  if (finding.resolved_at) std::cout << ", resolved " << format_time(*finding.resolved_at);
  std::cout << "\n ";
  if (!finding.call_id.empty()) std::cout << " call " << printable(finding.call_id);
  if (!finding.device_id.empty()) std::cout << " device " << printable(finding.device_id);
  if (finding.call_id.empty() && finding.device_id.empty()) std::cout << " several calls";
  if (!finding.organization_id.empty()) std::cout << " of " << printable(finding.organization_id);
  std::cout << "\n  " << printable(finding.summary) << "\n  " << printable(finding.action) << '\n';
  for (const std::string& id : finding.control_ids) std::cout << "  control id " << printable(id) << '\n';
  std::cout << "  evidence";
  for (const Place& place : finding.evidence) std::cout << ' ' << place.partition << '/' << place.offset;
  std::cout << "\n\n";
}

void print_all(const std::vector<Finding>& findings, bool as_json, std::string_view asked_for) {
  for (const Finding& finding : findings) {
    if (as_json) {
      JsonWriter json;
      write_json(json, finding);
      std::cout << json.view() << '\n';
    } else {
      print(finding);
    }
  }
  if (findings.empty() && !as_json) std::cout << "no findings (" << asked_for << ")\n";
}

struct Question {
  FindingFilter filter;
  std::string status;
};

Result<Question> read_question(const Settings& settings, const RuleSet& rules, Time now) {
  Question question;
  const auto status = settings.word("status", {"open", "resolved", "noted", "all"});
  if (!status) return status.error();
  question.status = *status;
  question.filter.status = *status == "open"       ? std::optional(FindingStatus::kOpen)
                           : *status == "resolved" ? std::optional(FindingStatus::kResolved)
                           : *status == "noted"    ? std::optional(FindingStatus::kNoted)
                                                   : std::nullopt;
  question.filter.rule = settings.text("rule");
  if (!question.filter.rule.empty() && !has_rule(rules, question.filter.rule)) {
    return usage_error("no rule '" + question.filter.rule + "': hookledger rules list shows them");
  }
  const auto at = settings.instant("at", now);
  if (!at) return at.error();
  question.filter.at = *at;
  return question;
}

std::string target_of(const Question& question, const PageRequest& page) {
  QueryString query("/v1/findings");
  query.add("limit", std::to_string(page.limit));
  query.add("cursor", page.cursor);
  query.add("status", question.status);
  query.add("rule", question.filter.rule);
  query.add("at", question.filter.at ? format_time(*question.filter.at) : std::string());
  return query.text();
}

Result<std::vector<Finding>> find(const Settings& settings, const CommandContext& context, const RuleSet& rules,
                                  const Question& question, Time now) {
  if (asks_server(settings)) {
    return read_pages<Finding>(
        [&](const PageRequest& page) -> Result<Page<Finding>> {
          const auto answer = ask_server(settings, target_of(question, page));
          if (!answer) return answer.error();
          return parse_finding_list(*answer);
        },
        kFindingsMax);
  }
  const auto view = open_data_dir(settings, context, rules);
  if (!view) return view.error();
  const Queries queries(*view->store, rules);
  return read_pages<Finding>([&](const PageRequest& page) { return queries.findings(question.filter, page, now); },
                             kFindingsMax);
}

Result<int> run(const Settings& settings, const CommandContext& context) {
  if (auto checked = expect_positional(settings, 0, ""); !checked) return checked.error();
  const auto rules = configured_rules(settings);
  if (!rules) return rules.error();
  const Time now = context.clock.wall();
  const auto question = read_question(settings, **rules, now);
  if (!question) return question.error();
  const auto findings = find(settings, context, **rules, *question, now);
  if (!findings) return findings.error();
  print_all(*findings, settings.flag("json"), question->status);
  const bool any_open = std::any_of(findings->begin(), findings->end(),
                                    [](const Finding& finding) { return finding.status == FindingStatus::kOpen; });
  return any_open ? kExitFindings : kExitDone;
}

}  // namespace

Command scan_command() {
  return {
      "scan",
      "",
      "Findings now or then: calls whose events were lost or late",
      "A condition is open while it holds and resolved when it has ended; a fact of the past is noted. The log and\n"
      "the clock alone decide, so --at T shows what a scan at T would have shown. Exits 3 when a finding is open.\n\n"
      "  hookledger scan\n"
      "  hookledger scan --at 2026-02-08T10:15:30Z --rule legs-ring-after-hangup\n"
      "  hookledger scan --status all --json\n",
      with_rule_options({{"at", "T", "as of T: RFC 3339, or relative such as -10m; default now"},
                         {"rule", "NAME", "of this rule only: hookledger rules list"},
                         {"status", "S", "open (default), resolved, noted or all"}}),
      run};
}

}  // namespace hookledger
