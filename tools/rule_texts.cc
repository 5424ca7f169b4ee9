#include "tools/rule_texts.h"

#include <algorithm>
#include <iostream>

#include "projector/rules/finding_text.h"
#include "projector/rule_files/shipped.h"
#include "projector/rule_files/words.h"
#include "schemas/json.h"
#include "schemas/text.h"
#include "tools/command.h"
#include "tools/table.h"

namespace hookledger {
namespace {

using rules::Failure;
using rules::RuleSpec;

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out.empty() ? "-" : out;
}

std::string parameters_of(const RuleSpec& rule) {
  std::vector<std::string> parameters;
  for (const auto& [name, value] : rule.parameters) parameters.push_back(name + " " + value);
  return joined(parameters);
}

void write_texts(JsonWriter& json, std::string_view key, const std::vector<std::string>& texts) {
  json.key(key);
  json.begin_array();
  for (const std::string& text : texts) json.string(text);
  json.end_array();
}

void write_json(JsonWriter& json, const RuleSpec& rule) {
  json.begin_object();
  json.member("name", rule.name);
  json.member("severity", to_string(rule.severity));
  json.key("noted");
  json.boolean(rule.noted);
  json.key("enabled");
  json.boolean(rule.enabled);
  json.member("scope", word_for(rules::kScopes, rule.scope));
  write_texts(json, "failures", rule.failures);
  json.member("opens_when", rule.opens_when);
  json.member("ends_when", rule.ends_when);
  json.member("action", rules::explain_template(rule.action));
  json.key("parameters");
  json.begin_object();
  for (const auto& [name, value] : rule.parameters) json.member(name, value);
  json.end_object();
  json.end_object();
}

void print_json(const RuleSpec& rule) {
  JsonWriter json;
  write_json(json, rule);
  std::cout << json.view() << '\n';
}

const Failure* find_failure(const std::string& id) {
  const auto& failures = rules::shipped_catalogue();
  const auto found = std::ranges::find(failures, id, &Failure::id);
  return found == failures.end() ? nullptr : &*found;
}

/// Those that say so, so that rules of the user's files that name the row are among them.
std::vector<const RuleSpec*> rules_for(const std::vector<RuleSpec>& all, const std::string& failure) {
  std::vector<const RuleSpec*> found;
  for (const RuleSpec& rule : all) {
    if (std::ranges::find(rule.failures, failure) != rule.failures.end()) found.push_back(&rule);
  }
  return found;
}

std::vector<std::string> names_of(const std::vector<const RuleSpec*>& found) {
  std::vector<std::string> names;
  for (const RuleSpec* const rule : found) names.push_back(rule->name);
  return names;
}

std::string how_in_words(const Failure& failure) {
  std::vector<std::string> words;
  for (const std::string& how : failure.how) {
    words.push_back(how == "P"   ? "prevented by the design"
                    : how == "D" ? "detected by rules"
                    : how == "R" ? "recovered from the provider"
                                 : "needs telemetry");
  }
  return joined(words);
}

void explain(const RuleSpec& rule, bool as_json) {
  if (as_json) return print_json(rule);
  std::cout << rule.name << " (" << to_string(rule.severity) << ", " << (rule.enabled ? "on" : "off") << ")\n\n"
            << (rule.noted ? "is noted when: " : "opens when:    ") << printable(rule.opens_when) << '\n';
  if (!rule.noted) std::cout << "ends when:     " << printable(rule.ends_when) << '\n';
  std::cout << "what to do:    " << printable(rules::explain_template(rule.action)) << '\n'
            << "parameters:    " << parameters_of(rule) << '\n';
  const char* label = "answers:       ";
  for (const std::string& id : rule.failures) {
    const Failure* const failure = find_failure(id);
    std::cout << label << id << (failure == nullptr ? "" : "  " + failure->title) << '\n';
    label = "               ";
  }
}

void explain(const Failure& failure, const std::vector<const RuleSpec*>& found, bool as_json) {
  if (as_json) {
    JsonWriter json;
    json.begin_object();
    json.member("id", failure.id);
    json.member("title", failure.title);
    write_texts(json, "how", failure.how);
    json.member("field", failure.field);
    json.member("watches", failure.watches);
    json.member("do", failure.what_to_do);
    json.key("rules");
    json.begin_array();
    for (const RuleSpec* const rule : found) write_json(json, *rule);
    json.end_array();
    json.end_object();
    std::cout << json.view() << '\n';
    return;
  }
  std::cout << failure.id << "  " << failure.title << "\n\n"
            << "in the field:  " << failure.field << '\n'
            << "how:           " << how_in_words(failure) << '\n'
            << "what watches:  " << failure.watches << '\n'
            << "what to do:    " << failure.what_to_do << '\n';
  const char* label = "rules:         ";
  for (const RuleSpec* const rule : found) {
    std::cout << label << rule->name << " (" << to_string(rule->severity) << ", " << (rule->enabled ? "on" : "off")
              << "; " << parameters_of(*rule) << ")\n";
    label = "               ";
  }
}

}  // namespace

void list_rules(const std::vector<RuleSpec>& rules, bool as_json) {
  std::vector<std::vector<std::string>> rows;
  for (const RuleSpec& rule : rules) {
    if (as_json) print_json(rule);
    rows.push_back({rule.name, std::string(to_string(rule.severity)), rule.noted ? "noted" : "opens",
                    rule.enabled ? "on" : "off", parameters_of(rule), joined(rule.failures)});
  }
  if (as_json) return;
  std::cout << render_table({"rule", "severity", "kind", "state", "parameters", "failures"}, rows) << '\n';
  rows.clear();
  for (const Failure& failure : rules::shipped_catalogue()) {
    rows.push_back({failure.id, joined(failure.how), failure.title, joined(names_of(rules_for(rules, failure.id)))});
  }
  std::cout << render_table({"failure", "how", "what went wrong in the field", "rules"}, rows)
            << "\nP prevented by the design, D detected by rules, R recovered, T needs telemetry; hookledger rules "
               "explain ID "
               "tells the story\n";
}

Result<int> explain_rule_or_failure(const std::vector<RuleSpec>& rules, const std::string& id, bool as_json) {
  const auto rule = std::ranges::find(rules, id, &RuleSpec::name);
  const Failure* const failure = find_failure(id);
  if (rule != rules.end()) {
    explain(*rule, as_json);
  } else if (failure != nullptr) {
    explain(*failure, rules_for(rules, id), as_json);
  } else {
    return Error{ErrorCode::kNotFound, "no rule and no failure '" + id + "': hookledger rules list shows them"};
  }
  return kExitDone;
}

}  // namespace hookledger
