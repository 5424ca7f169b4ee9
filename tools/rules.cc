#include <iostream>

#include "schemas/json.h"
#include "tools/command.h"
#include "tools/rule_settings.h"
#include "tools/rule_texts.h"

namespace hookledger {
namespace {

std::string counted(std::string_view what, const std::vector<std::string>& names) {
  if (names.empty()) return {};
  std::string out = std::string(what) + ' ' + std::to_string(names.size()) + " (";
  for (std::size_t i = 0; i < names.size(); ++i) out += (i == 0 ? "" : ", ") + names[i];
  return out + ")";
}

void print_contents(const rules::FileContents& file, bool as_json) {
  if (!as_json) {
    const std::string rules = counted("rules", file.rules), tuned = counted("tuned", file.tuned);
    std::cout << file.name << ": good; " << rules << (rules.empty() || tuned.empty() ? "" : ", ") << tuned << '\n';
    return;
  }
  JsonWriter json;
  json.begin_object();
  json.member("file", file.name);
  for (const auto& [key, names] : {std::pair("rules", &file.rules), std::pair("tuned", &file.tuned)}) {
    json.key(key);
    json.begin_array();
    for (const std::string& name : *names) json.string(name);
    json.end_array();
  }
  json.end_object();
  std::cout << json.view() << '\n';
}

void print_error_json(const rules::RuleFileError& error) {
  JsonWriter json;
  json.begin_object();
  json.member("file", error.file);
  json.key("line");
  json.number(std::uint64_t{error.at.line});
  json.key("column");
  json.number(std::uint64_t{error.at.column});
  json.member("message", error.message);
  json.end_object();
  std::cout << json.view() << '\n';
}

Result<int> check(const std::vector<std::string>& paths, bool as_json) {
  if (paths.empty()) return usage_error("give the files to check: rules check FILE…");
  rules::LoadedRules loaded = load_rules(paths);
  if (as_json) {
    for (const rules::RuleFileError& error : loaded.errors) print_error_json(error);
  }
  const std::vector<rules::FileContents> files = loaded.files;
  if (const auto read = rules_or_errors(std::move(loaded)); !read) return read.error();
  for (std::size_t i = files.size() - paths.size(); i < files.size(); ++i) print_contents(files[i], as_json);
  return kExitDone;
}

Result<int> run(const Settings& settings, const CommandContext&) {
  const std::vector<std::string>& words = settings.positional();
  const std::string verb = words.empty() ? "list" : words.front();
  if (verb == "check") return check({words.begin() + 1, words.end()}, settings.flag("json"));
  if (verb != "list" && verb != "explain")
    return usage_error("rules '" + verb + "': use list, check FILE or explain ID");
  const auto rules = rules_or_errors(load_configured_rules(settings));
  if (!rules) return rules.error();
  if (verb == "explain") {
    if (auto checked = expect_positional(settings, 2, "a failure or a rule: rules explain RC-BE-3"); !checked)
      return checked.error();
    return explain_rule_or_failure(*rules, words[1], settings.flag("json"));
  }
  if (words.size() > 1) return usage_error("rules list takes no argument");
  list_rules(*rules, settings.flag("json"));
  return kExitDone;
}

}  // namespace

Command rules_command() {
  return {"rules",
          "[list | check FILE | explain ID]",
          "The rules that findings come from, and the failures that they answer",
          "  hookledger rules list\n"
          "  hookledger rules explain RC-BE-2                  a row of the failure catalogue: its story\n"
          "  hookledger rules explain legs-ring-after-hangup   a rule\n"
          "  hookledger rules check my-rules.yaml              every error with its line and column; exits 2\n"
          "  hookledger serve --rules my-rules.yaml\n"
          "\nA file of rules:\n\n"
          "  format: 1\n"
          "  rules:\n"
          "    - rule: bridged-without-recording\n"
          "      kind: expect\n"
          "      scope: call\n"
          "      when: {leg: bridged}\n"
          "      then: {event: call.recording.started}\n"
          "      within: 5s\n"
          "      summary: \"Bridged at {since}, and {limit} later no recording had been started.\"\n"
          "      action: \"Start the recording of call {call}.\"\n"
          "      opens: 5 s after a bridge, no recording has been started.\n"
          "      ends: A recording is started.\n"
          "  tune:\n"
          "    no-answer-no-end: {within: 90s}\n"
          "\nAll of the language: schemas/rules/README.md.\n",
          with_rule_options({}),
          run};
}

}  // namespace hookledger
