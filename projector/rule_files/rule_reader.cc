#include "projector/rule_files/rule_reader.h"

#include <algorithm>

#include "projector/rule_files/kinds.h"
#include "projector/rule_files/sentences.h"
#include "projector/rule_files/tunables.h"
#include "projector/rule_files/values.h"

namespace hookledger::rules {
namespace {

constexpr std::size_t kNameBytesMax = 64;
constexpr std::string_view kNotedEnds = "Never open: noted, unless later facts show that it was not so.";

bool is_letter(char c) { return c >= 'a' && c <= 'z'; }
bool is_capital(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_rule_name(std::string_view text) {
  return text.size() <= kNameBytesMax && is_letter(text.front()) &&
         std::ranges::all_of(text, [](char c) { return is_letter(c) || is_digit(c) || c == '-'; });
}

bool is_failure_id(std::string_view text) {
  return text.size() <= kNameBytesMax && is_capital(text.front()) && is_digit(text.back()) &&
         std::ranges::all_of(text, [](char c) { return is_capital(c) || is_digit(c) || c == '-'; });
}

class RuleReader {
 public:
  RuleReader(const YamlNode& node, Problems& problems) : problems_(problems), mapping_(node, "a rule", problems) {}

  ReadRule read() {
    read_name();
    read_failures();
    const YamlNode* const kind_node = mapping_.require("kind", "expect");
    const auto kind = read_word(kind_node, "kind", kKinds, problems_);
    rule_.scope = read_word(mapping_.find("scope"), "scope", kScopes, problems_).value_or(Scope::kCall);
    read_legs();
    rule_.severity =
        read_word(mapping_.find("severity"), "severity", kSeverities, problems_).value_or(Severity::kWarning);
    rule_.enabled = read_flag(mapping_.find("enabled"), "enabled", problems_).value_or(true);
    if (kind) {
      rule_.kind = *kind;
      mapping_.rename("a rule of kind " + std::string(word_for(kKinds, *kind)));
      read_kind(mapping_, rule_, problems_);
      if (rule_.scope == Scope::kOrganization && *kind != Kind::kRate) {
        problems_.add(mapping_.at("scope"), "scope: only a rate is of an organization: use call, leg or device");
      }
    }
    read_texts(kind.has_value());
    if (kind) mapping_.finish();
    rule_.parameters = parameters_of(rule_);
    return {std::move(rule_), mapping_.at("rule")};
  }

 private:
  void read_name() {
    const YamlNode* const node = mapping_.require("rule", "answered-not-bridged");
    const auto name = read_text(node, "rule", "a name such as answered-not-bridged", problems_);
    if (!name) return;
    rule_.name = *name;
    if (!is_rule_name(*name)) {
      problems_.add(
          node->at,
          "rule: expected at most 64 lower-case letters, digits and dashes that begin with a letter, " + got(*node));
    }
  }

  void read_failures() {
    const YamlNode* const node = mapping_.find("failures");
    if (node == nullptr) return;
    if (node->kind != YamlNode::kList) {
      problems_.add(node->at, "failures: expected a list of rows of the catalogue such as [RC-BE-3], " + got(*node));
      return;
    }
    for (const YamlNode& item : node->items) {
      auto id = read_text(&item, "failures", "a row of the catalogue such as RC-BE-3", problems_);
      if (id && !is_failure_id(*id)) {
        problems_.add(item.at, "failures: expected a row of the catalogue such as RC-BE-3, " + got(item));
      }
      if (id) rule_.failures.push_back(std::move(*id));
    }
  }

  void read_legs() {
    const YamlNode* const node = mapping_.find("legs");
    rule_.legs = read_word(node, "legs", kLegs, problems_).value_or(Legs::kAll);
    if (node == nullptr || rule_.scope == Scope::kCall || rule_.scope == Scope::kLeg) return;
    problems_.add(mapping_.at("legs"), "legs: a rule with scope " + std::string(word_for(kScopes, rule_.scope)) +
                                           " is about no legs: remove it, or use scope call or leg");
  }

  void read_texts(bool kind_known) {
    rule_.summary = read_template("summary", "The answer of {legs since} was not bridged within {limit}.", kind_known);
    rule_.action = read_template("action", "Look in the application's log of call {call}.", kind_known);
    rule_.opens_when =
        read_sentence(mapping_.require("opens", "10 s after a leg answered, it is not bridged."), "opens", problems_);
    if (!kind_known) return;
    const YamlNode* const ends =
        rule_.noted ? mapping_.find("ends") : mapping_.require("ends", "The bridge is received.");
    rule_.ends_when = read_sentence(ends, "ends", problems_);
    if (!rule_.noted) return;
    if (ends != nullptr)
      problems_.add(mapping_.at("ends"), "ends: what this rule finds is noted, never open: remove it");
    rule_.ends_when = kNotedEnds;
  }

  std::string read_template(std::string_view key, std::string_view example, bool kind_known) {
    const YamlNode* const node = mapping_.require(key, example);
    std::string text = read_sentence(node, key, problems_);
    if (kind_known && !text.empty()) check_placeholders(rule_, text, key, node->at, problems_);
    return text;
  }

  Problems& problems_;
  Mapping mapping_;
  RuleSpec rule_;
};

struct TunableReader {
  const YamlNode& node;
  std::string_view label;
  Problems& problems;

  void operator()(Duration* value) const {
    const Duration min = label == "skew" || label == "before" ? Duration(0) : Duration(1);
    *value = read_duration(&node, label, problems, min).value_or(*value);
  }
  void operator()(std::uint64_t* value) const { *value = read_count(&node, label, problems).value_or(*value); }
  void operator()(double* value) const { *value = read_ratio(&node, label, problems).value_or(*value); }
};

void tune_rule(const YamlNode& node, RuleSpec& rule, Problems& problems) {
  Mapping mapping(node, "the tuning of " + rule.name, problems);
  for (const Tunable& tunable : tunables(rule)) {
    if (const YamlNode* const value = mapping.find(tunable.name)) {
      std::visit(TunableReader{*value, tunable.name, problems}, tunable.value);
    }
  }
  rule.severity = read_word(mapping.find("severity"), "severity", kSeverities, problems).value_or(rule.severity);
  rule.enabled = read_flag(mapping.find("enabled"), "enabled", problems).value_or(rule.enabled);
  if (node.kind == YamlNode::kMap && node.keys.empty()) problems.add(node.at, rule.name + ": nothing is tuned");
  mapping.finish();
  rule.parameters = parameters_of(rule);
}

}  // namespace

ReadRule read_rule(const YamlNode& node, Problems& problems) { return RuleReader(node, problems).read(); }

void read_tuning(const YamlNode& node, std::vector<RuleSpec>& rules, Problems& problems) {
  if (node.kind != YamlNode::kMap || node.keys.empty()) {
    problems.add(node.at, "tune: expected rules and values such as {no-end: {within: 2h}}, " + got(node));
    return;
  }
  std::vector<std::string_view> names;
  for (const RuleSpec& rule : rules) names.push_back(rule.name);
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const auto found = std::ranges::find(rules, node.keys[i].name, &RuleSpec::name);
    if (found == rules.end()) {
      problems.add(node.keys[i].at, "tune: no rule " + quoted(node.keys[i].name) +
                                        did_you_mean(node.keys[i].name, names) + " (hookledger rules list shows them)");
    } else {
      tune_rule(node.items[i], *found, problems);
    }
  }
}

}  // namespace hookledger::rules
