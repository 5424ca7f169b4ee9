#include "projector/rule_files/kinds.h"

#include "projector/rule_files/fields.h"
#include "projector/rule_files/patterns.h"
#include "projector/rule_files/values.h"

namespace hookledger::rules {
namespace {

class KindReader {
 public:
  KindReader(Mapping& mapping, RuleSpec& rule, Problems& problems)
      : mapping_(mapping), rule_(rule), problems_(problems), place_{rule.scope} {}

  void expect() {
    const bool pairs = mapping_.find("pairs") != nullptr;
    if (pairs) {
      read_pairs(*mapping_.find("pairs"));
      for (const char* const key : {"when", "then"}) {
        if (mapping_.find(key) != nullptr) problem(key, "stands beside pairs: put it into one of them");
      }
    } else {
      rule_.pairs.push_back({required("when", kWhen), then(), {}});
    }
    read_deadline(pairs);
    rule_.same = read_event_fields(mapping_.find("same"), "same", problems_);
    rule_.skew = read_duration(mapping_.find("skew"), "skew", problems_, Duration(0)).value_or(Duration{});
    read_while();
    rule_.condition = read_pattern(mapping_.find("if"), "if", place_, problems_);
    rule_.meanwhile = read_pattern(mapping_.find("meanwhile"), "meanwhile", place_, problems_);
    rule_.late = rule_.noted = read_word(mapping_.find("report"), "report", kReports, problems_).value_or(false);
  }

  void forbid() {
    rule_.event = required("event", "{event: device.ice.failed}");
    read_while();
    rule_.until = read_pattern(mapping_.find("until"), "until", place_, problems_);
    rule_.noted = mapping_.find("until") == nullptr;
    rule_.same = read_event_fields(mapping_.find("same"), "same", problems_);
    if (rule_.noted && !rule_.same.empty())
      problem("same", "says which `until` belongs to an event: add until, or remove it");
  }

  void at_most() {
    place_.call_active = true;
    rule_.event = required("of", "{event: app.credential.created}");
    place_.call_active = false;
    rule_.max = read_count(mapping_.find("max"), "max", problems_).value_or(1);
    rule_.until = read_pattern(mapping_.find("until"), "until", place_, problems_);
    rule_.by = read_event_field(mapping_.find("by"), "by", problems_);
    rule_.distinct = read_event_field(mapping_.find("distinct"), "distinct", problems_);
    rule_.same = read_event_fields(mapping_.find("same"), "same", problems_);
    rule_.noted = read_flag(mapping_.find("noted"), "noted", problems_).value_or(false);
    check_ends();
  }

  void spread() {
    rule_.noted = true;
    rule_.event = required("of", "{leg: initiated}");
    rule_.spread = read_duration(mapping_.require("max", "500ms"), "max", problems_).value_or(Duration{});
    rule_.same = read_event_fields(mapping_.find("same"), "same", problems_);
  }

  void sequence() {
    rule_.noted = true;
    rule_.pairs.push_back({required("when", kWhen), then(), {}});
    if (rule_.pairs.front().then.size() > 1) problem("then", "a sequence has one: make a rule of each");
    rule_.within = read_duration(mapping_.require("within", "10s"), "within", problems_).value_or(Duration{});
    rule_.same = read_event_fields(mapping_.find("same"), "same", problems_);
  }

  void rate() {
    rule_.event = required("of", "{event: app.push.failed}");
    rule_.base = required("to", "{event: app.push.sent}");
    rule_.over = read_duration(mapping_.require("over", "5m"), "over", problems_).value_or(Duration{});
    rule_.above = read_ratio(mapping_.require("above", "20 %"), "above", problems_).value_or(0);
    rule_.at_least = read_count(mapping_.find("at-least"), "at-least", problems_).value_or(1);
    rule_.per = read_event_field(mapping_.find("per"), "per", problems_);
    if (rule_.scope == Scope::kCall || rule_.scope == Scope::kLeg) {
      problem("scope",
              "a rate is of a device or an organization, not of a " + std::string(word_for(kScopes, rule_.scope)));
    }
  }

 private:
  static constexpr std::string_view kWhen = "{leg: answered}";

  void problem(std::string_view key, const std::string& message) {
    problems_.add(mapping_.at(key), std::string(key) + ": " + message);
  }

  Pattern required(std::string_view key, std::string_view example) {
    return read_pattern(mapping_.require(key, example), key, place_, problems_).value_or(Pattern{});
  }

  std::vector<Pattern> then() {
    return read_patterns(mapping_.require("then", "[{leg: bridged}, {leg: ended}]"), "then", place_, problems_);
  }

  void read_while() {
    const YamlNode* const node = mapping_.find("while");
    rule_.during = read_word(node, "while", kWhiles, problems_).value_or(While::kAlways);
  }

  void read_deadline(bool pairs) {
    const YamlNode* const due = mapping_.find("due");
    if (due == nullptr) {
      rule_.within = read_duration(mapping_.require("within", "10s"), "within", problems_).value_or(Duration{});
      return;
    }
    if (mapping_.find("within") != nullptr) problem("within", "stands beside due: only one says when it is too late");
    if (pairs) problem("due", "cannot stand beside pairs: use within");
    Mapping mapping(*due, "a due time", problems_);
    const YamlNode* const field = mapping.require("field", "/not_after");
    rule_.due = read_event_field(field, "field", problems_).value_or(Field{});
    rule_.before_due = read_duration(mapping.find("before"), "before", problems_, Duration(0)).value_or(Duration{});
    mapping.finish();
    if (const auto type = type_of(*rule_.due); type && *type != Type::kTime) {
      problems_.add(field->at,
                    "field: expected a time, but " + to_string(*rule_.due) + " is " + std::string(to_string(*type)));
    }
  }

  void read_pairs(const YamlNode& list) {
    if (list.kind != YamlNode::kList || list.items.empty()) {
      problems_.add(list.at, "pairs: expected a list of {when, then, missing}, " + got(list));
      return;
    }
    for (const YamlNode& item : list.items) {
      Mapping mapping(item, "a pair", problems_);
      Pair pair;
      pair.when = read_pattern(mapping.require("when", kWhen), "when", place_, problems_).value_or(Pattern{});
      pair.then = read_patterns(mapping.require("then", "{leg: initiated}"), "then", place_, problems_);
      pair.missing = read_text(mapping.require("missing", "call.initiated"), "missing",
                               "what is missing, such as call.initiated", problems_)
                         .value_or("");
      mapping.finish();
      rule_.pairs.push_back(std::move(pair));
    }
  }

  /// What counts must be able to end, unless it is a fact of the past.
  void check_ends() {
    const bool active = rule_.event.what == Pattern::kCall && rule_.event.call == CallState::kActive;
    if (rule_.until && (active || rule_.distinct)) {
      problem("until",
              active ? "a call ends by itself: remove it" : "cannot stand beside distinct, which counts values");
    }
    if (rule_.by && !rule_.until) problem("by", "says which `until` ends which `of`: add until, or remove it");
    if (!rule_.until && !active && !rule_.noted) {
      problem("of", "never ends, so the finding would stay open for ever: add until, or noted: true");
    }
  }

  Mapping& mapping_;
  RuleSpec& rule_;
  Problems& problems_;
  PatternPlace place_;
};

}  // namespace

void read_kind(Mapping& mapping, RuleSpec& rule, Problems& problems) {
  KindReader reader(mapping, rule, problems);
  switch (rule.kind) {
    case Kind::kExpect: return reader.expect();
    case Kind::kForbid: return reader.forbid();
    case Kind::kAtMost: return reader.at_most();
    case Kind::kSpread: return reader.spread();
    case Kind::kSequence: return reader.sequence();
    case Kind::kRate: return reader.rate();
  }
}

}  // namespace hookledger::rules
