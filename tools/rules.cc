#include "projector/rules.h"

#include <algorithm>
#include <iostream>

#include "schemas/json.h"
#include "tools/command.h"
#include "tools/rule_settings.h"
#include "tools/table.h"

namespace hookledger {
namespace {

void write_json(JsonWriter& json, const RuleInfo& rule) {
  json.begin_object();
  json.member("name", rule.name);
  json.member("severity", to_string(rule.severity));
  json.key("noted");
  json.boolean(rule.noted);
  json.key("enabled");
  json.boolean(rule.enabled);
  json.member("opens_when", rule.opens_when);
  json.member("ends_when", rule.ends_when);
  json.member("action", rule.action);
  json.key("parameters");
  json.begin_object();
  for (const auto& [name, value] : rule.parameters) json.member(name, format_duration(value));
  json.end_object();
  json.end_object();
}

void print_json(const RuleInfo& rule) {
  JsonWriter json;
  write_json(json, rule);
  std::cout << json.view() << '\n';
}

std::string parameters_of(const RuleInfo& rule) {
  std::string out;
  for (const auto& [name, value] : rule.parameters)
    out += (out.empty() ? "" : ", ") + name + " " + format_duration(value);
  return out.empty() ? "-" : out;
}

int list(const RuleSet& rules, bool as_json) {
  std::vector<std::vector<std::string>> rows;
  for (const RuleInfo& rule : rules.rules()) {
    if (as_json) print_json(rule);
    rows.push_back({rule.name, std::string(to_string(rule.severity)), rule.noted ? "noted" : "opens",
                    rule.enabled ? "on" : "off", parameters_of(rule)});
  }
  if (!as_json) std::cout << render_table({"rule", "severity", "kind", "state", "parameters"}, rows);
  return kExitDone;
}

Result<int> explain(const RuleSet& rules, const std::string& name, bool as_json) {
  const auto rule =
      std::find_if(rules.rules().begin(), rules.rules().end(), [&](const RuleInfo& r) { return r.name == name; });
  if (rule == rules.rules().end()) {
    return Error{ErrorCode::kNotFound, "no rule '" + name + "': hookledger rules list shows them"};
  }
  if (as_json) {
    print_json(*rule);
    return kExitDone;
  }
  std::cout << rule->name << " (" << to_string(rule->severity) << ", " << (rule->enabled ? "on" : "off") << ")\n\n"
            << (rule->noted ? "is noted when: " : "opens when:    ") << rule->opens_when << '\n';
  if (!rule->noted) std::cout << "ends when:     " << rule->ends_when << '\n';
  std::cout << "what to do:    " << rule->action << "\nparameters:    " << parameters_of(*rule) << '\n';
  return kExitDone;
}

Result<int> run(const Settings& settings, const CommandContext&) {
  const auto rules = configured_rules(settings);
  const std::string& verb = settings.positional().empty() ? "list" : settings.positional().front();
  if (verb == "list") {
    if (settings.positional().size() > 1) return usage_error("rules list takes no argument");
    return list(*rules, settings.flag("json"));
  }
  if (verb == "explain") {
    if (auto checked = expect_positional(settings, 2, "the name of one rule: rules explain ID"); !checked)
      return checked.error();
    return explain(*rules, settings.positional()[1], settings.flag("json"));
  }
  if (verb == "check")
    return usage_error("rule files are not part of this version: the built-in rules are always in force");
  return usage_error("rules '" + verb + "': use list or explain ID");
}

}  // namespace

Command rules_command() {
  return {"rules",
          "[list | explain ID]",
          "The rules that findings come from",
          "  hookledger rules list\n"
          "  hookledger rules explain legs-ring-after-hangup\n"
          "\nRule files (rules check FILE) are not part of this version.\n",
          {expect_recordings_option()},
          run};
}

}  // namespace hookledger
