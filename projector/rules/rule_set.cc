#include "projector/rules/rule_set.h"

#include <algorithm>
#include <tuple>

#include "projector/rule_files/rule_file.h"
#include "projector/rules/arrival_walk.h"
#include "projector/rules/event_periods.h"
#include "projector/rules/finding_text.h"
#include "projector/rules/findings.h"
#include "projector/rules/leg_conditions.h"
#include "projector/rules/match.h"
#include "projector/rules/pattern_numbers.h"
#include "schemas/crypto.h"

namespace hookledger {
namespace {

using rules::RuleSpec;

RuleInfo describe(const RuleSpec& rule) {
  return {.name = rule.name,
          .severity = rule.severity,
          .noted = rule.noted,
          .enabled = rule.enabled,
          .opens_when = rule.opens_when,
          .ends_when = rule.ends_when,
          .action = rules::explain_template(rule.action),
          .parameters = rule.parameters};
}

/// Without an event that this means, the rule has nothing to say.
const rules::Pattern& trigger(const RuleSpec& rule) {
  return rule.pairs.empty() ? rule.event : rule.pairs.front().when;
}

bool needs_a_type(const RuleSpec& rule) {
  const rules::Pattern& pattern = trigger(rule);
  return rule.pairs.size() < 2 && pattern.what == rules::Pattern::kEvent &&
         std::ranges::none_of(pattern.types, [](const std::string& type) { return type.ends_with('*'); });
}

/// Adds that the rule that comes next stands for events of these types.
void add(const std::vector<std::string>& types, const std::vector<const RuleSpec*>& rules, rules::ByType& by_type) {
  for (const std::string& type : types) by_type.add(type, static_cast<std::uint32_t>(rules.size()));
}

/// What must come while a call goes on is not open any more when it has ended.
bool may_be_open(const RuleSpec& rule, const KnownCall& call) {
  const bool during_call = rule.during == rules::While::kCallOpen || rule.during == rules::While::kCallActive;
  return !during_call || rule.kind != rules::Kind::kExpect || call.relations().last_ended == nullptr;
}

KnownCall know(const CallFacts& facts, Time at, bool is_call = true) {
  KnownCall call(facts, is_call);
  for (const EventFact& event : facts.events()) {
    if (!event.repeat && event.known_at <= at) call.add(event);
  }
  call.settle();
  return call;
}

/// The facts of a device, as far as they are known at a time.
class DeviceScene {
 public:
  DeviceScene(const DeviceFacts& facts, Time at, std::size_t patterns) {
    known_.reserve(facts.calls.size() + 1);
    if (facts.own) known_.push_back(know(*facts.own, at, false));
    for (const CallFacts& call : facts.calls) known_.push_back(know(call, at));
    std::vector<const KnownCall*> calls;
    for (const KnownCall& call : known_) calls.push_back(&call);
    scene_.emplace(std::move(calls), facts.device, patterns);
  }

  const rules::Scene& scene() const { return *scene_; }

 private:
  std::vector<KnownCall> known_;
  std::optional<rules::Scene> scene_;
};

void set_organizations(const RuleSpec& rule, std::vector<rules::Period>& periods) {
  for (rules::Period& period : periods) {
    const rules::Seen& cause = period.condition.evidence.front();
    const Text organization = cause.call->organization();
    period.organization = cause.facts().text(organization);
    if (!period.organization.empty() || rule.scope != rules::Scope::kDevice) continue;
    if (!cause.event->telemetry) continue;
    const auto told = cause.facts().fields().find(cause.event->offset, rule.organization.slot);
    if (told) period.organization = told->text;
  }
}

void add_event_findings(const RuleSpec& rule, std::string_view subject, const rules::Scene& scene, Time at,
                        std::vector<Finding>& findings) {
  std::vector<rules::Period> periods = rules::event_periods(rule, scene);
  std::erase_if(periods, [&](const rules::Period& period) { return period.from > at; });
  set_organizations(rule, periods);
  rules::add_findings(rule, subject, std::move(periods), findings);
}

void sort(std::vector<Finding>& findings) {
  std::ranges::sort(findings, [](const Finding& a, const Finding& b) {
    return std::tie(a.opened_at, a.rule, a.id) < std::tie(b.opened_at, b.rule, b.id);
  });
}

/// The least instant of those that are later than `after`.
class Earliest {
 public:
  explicit Earliest(Time after) : after_(after) {}
  void see(Time time) {
    if (time > after_ && (!least_ || time < *least_)) least_ = time;
  }
  void see(const RuleSpec& rule, const rules::Scene& scene) {
    for (const rules::Period& period : rules::event_periods(rule, scene)) {
      if (!period.to) see(period.condition.holds_from);
    }
  }
  std::optional<Time> least() const { return least_; }

 private:
  Time after_;
  std::optional<Time> least_;
};

}  // namespace

RuleSet::RuleSet(std::vector<RuleSpec> given)
    : specs_(std::move(given)),
      wanted_(specs_),
      patterns_(rules::number_patterns(specs_)),
      fingerprint_{rules::fingerprint(specs_), wanted_.fingerprint()} {
  Digest wording;
  for (const RuleSpec& rule : specs_) {
    infos_.push_back(describe(rule));
    for (const std::string* text : {&rule.name, &rule.summary, &rule.action, &rule.opens_when, &rule.ends_when}) {
      wording.add(*text);
    }
    wording.add(to_string(rule.severity));
    if (!rule.enabled) continue;
    if (rule.kind == rules::Kind::kRate) {
      for (const rules::Pattern* pattern : {&rule.event, &rule.base}) add(pattern->types, rate_rules_, rates_by_type_);
      rate_rules_.push_back(&rule);
    } else if (rule.scope == rules::Scope::kDevice) {
      device_rules_.push_back(&rule);
    } else if (rules::is_of_states(rule)) {
      state_rules_.push_back(&rule);
    } else {
      always_looked_at_.push_back(!needs_a_type(rule));
      if (needs_a_type(rule)) add(trigger(rule).types, event_rules_, by_type_);
      event_rules_.push_back(&rule);
    }
  }
  wording_ = wording.hex();
}

RuleSet::Rules RuleSet::concerned(const rules::Scene& scene) const {
  std::vector<bool> concerned = always_looked_at_;
  for (const std::string_view type : scene.types()) {
    for (const std::uint32_t rule : by_type_.of(type)) concerned[rule] = true;
  }
  Rules found;
  found.reserve(event_rules_.size());
  for (std::size_t rule = 0; rule < event_rules_.size(); ++rule) {
    if (concerned[rule]) found.push_back(event_rules_[rule]);
  }
  return found;
}

std::vector<Finding> RuleSet::findings(const CallFacts& facts, Time at) const {
  rules::ArrivalWalk walk(facts, state_rules_, at);
  std::vector<Finding> findings;
  for (std::size_t rule = 0; rule < state_rules_.size(); ++rule) {
    rules::add_findings(*state_rules_[rule], facts.call_id(), std::move(walk.periods()[rule]), findings);
  }
  const rules::Scene scene({&walk.known()}, {}, patterns_);
  for (const RuleSpec* rule : concerned(scene)) add_event_findings(*rule, facts.call_id(), scene, at, findings);
  sort(findings);
  return findings;
}

std::optional<Time> RuleSet::next_deadline(const CallFacts& facts, Time after) const {
  const KnownCall call = know(facts, Time::max());
  Earliest earliest(after);
  for (const RuleSpec* rule : state_rules_) {
    if (rule->noted || rule->late) continue;
    if (rule->kind == rules::Kind::kAtMost) {
      if (!rules::legs_over_limit(*rule, call).empty()) earliest.see(call.relations().begun->occurred_at);
      continue;
    }
    const bool of_call = rule->scope == rules::Scope::kCall;
    const std::size_t end = of_call ? kWholeCall + 1 : call.legs().size();
    for (LegIndex leg = of_call ? kWholeCall : kWholeCall + 1; leg < end; ++leg) {
      if (const auto condition = rules::leg_condition(*rule, call, leg)) earliest.see(condition->holds_from);
    }
  }
  const rules::Scene scene({&call}, {}, patterns_);
  for (const RuleSpec* rule : concerned(scene)) {
    if (!rule->noted && may_be_open(*rule, call)) earliest.see(*rule, scene);
  }
  return earliest.least();
}

std::vector<Finding> RuleSet::findings(const DeviceFacts& facts, Time at) const {
  const DeviceScene known(facts, at, patterns_);
  std::vector<Finding> findings;
  for (const RuleSpec* rule : device_rules_) add_event_findings(*rule, facts.device, known.scene(), at, findings);
  sort(findings);
  return findings;
}

std::optional<Time> RuleSet::next_deadline(const DeviceFacts& facts, Time after) const {
  const DeviceScene known(facts, Time::max(), patterns_);
  Earliest earliest(after);
  for (const RuleSpec* rule : device_rules_) {
    if (!rule->noted) earliest.see(*rule, known.scene());
  }
  return earliest.least();
}

std::vector<rules::RateMark> RuleSet::rate_marks(const CallFacts& facts, const EventFact& event, bool is_call) const {
  std::vector<rules::RateMark> marks;
  if (rate_rules_.empty() || event.repeat) return marks;
  const rules::ByType::Numbers& concerned = rates_by_type_.of(facts.text(event.type));
  if (concerned.empty()) return marks;
  const KnownCall call(facts, is_call);
  marks.reserve(concerned.size());
  for (const std::uint32_t rule : concerned) {
    if (auto mark = rules::rate_mark(*rate_rules_[rule], {&call, &event, kWholeCall}))
      marks.push_back(std::move(*mark));
  }
  return marks;
}

bool has_rule(const RuleSet& rules, std::string_view name) {
  return std::ranges::any_of(rules.rules(), [&](const RuleInfo& rule) { return rule.name == name; });
}

std::vector<std::string> open_rules(const std::vector<Finding>& findings) {
  std::vector<std::string> names;
  for (const Finding& finding : findings) {
    if (finding.status == FindingStatus::kOpen) names.push_back(finding.rule);
  }
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace hookledger
