#include "projector/rules.h"

#include <algorithm>
#include <span>
#include <tuple>
#include <utility>

#include "projector/arrival_walk.h"
#include "projector/finding_text.h"
#include "projector/rule.h"
#include "schemas/crypto.h"

namespace hookledger {
namespace {

constexpr std::size_t kFindingIdDigits = 32;

std::string finding_id(std::string_view rule, std::string_view call_id, std::size_t earlier_openings) {
  Digest digest;
  digest.add(rule);
  digest.add(call_id);
  digest.add(std::to_string(earlier_openings));
  return digest.hex().substr(0, kFindingIdDigits);
}

/// How many of the periods, which are in order of `from`, make one finding: they overlap or touch.
std::size_t joined(std::span<const Period> periods) {
  std::size_t count = 1;
  std::optional<Time> end = periods.front().to;
  while (count < periods.size() && (!end || periods[count].from <= *end)) {
    if (end) end = periods[count].to ? std::max(*end, *periods[count].to) : periods[count].to;
    ++count;
  }
  return count;
}

std::vector<LegIndex> legs_of(const KnownCall& call, const std::vector<const Period*>& periods) {
  std::vector<LegIndex> legs;
  for (const Period* period : periods) {
    if (period->leg != kWholeCall) legs.push_back(period->leg);
  }
  std::ranges::sort(legs);
  legs.erase(std::unique(legs.begin(), legs.end()), legs.end());
  std::ranges::sort(legs, [&](LegIndex a, LegIndex b) { return stands_before(call.legs()[a], call.legs()[b]); });
  return legs;
}

std::vector<Place> evidence_of(const CallFacts& facts, const std::vector<const Period*>& periods) {
  std::vector<Place> places;
  for (const Period* period : periods) {
    for (const EventFact* event : period->condition.evidence) {
      if (event != nullptr) places.push_back({facts.partition(), event->offset});
    }
  }
  std::ranges::sort(places);
  places.erase(std::unique(places.begin(), places.end()), places.end());
  return places;
}

/// `joint`: the periods of one finding. Nothing for something past that is now known not to have been.
std::optional<Finding> make_finding(const Rule& rule, const KnownCall& call, std::span<const Period> joint) {
  std::vector<const Period*> periods;
  for (const Period& period : joint) {
    if (!period.to) periods.push_back(&period);
  }
  const bool holds = !periods.empty();
  if (!holds && rule.info.noted) return std::nullopt;

  Finding finding;
  finding.opened_at = joint.front().from;
  if (!holds) {
    for (const Period& period : joint) {
      periods.push_back(&period);
      if (!finding.resolved_at || *period.to > *finding.resolved_at) finding.resolved_at = period.to;
    }
  }
  finding.status = rule.info.noted ? FindingStatus::kNoted : holds ? FindingStatus::kOpen : FindingStatus::kResolved;
  finding.rule = rule.info.name;
  finding.severity = rule.info.severity;
  finding.call_id = call.facts().call_id();
  const auto last = std::ranges::max_element(periods, {}, [](const Period* period) { return period->to; });
  finding.organization_id = call.facts().text((*last)->organization);

  const std::vector<LegIndex> legs = legs_of(call, periods);
  for (const LegIndex index : legs) {
    const KnownLeg& leg = call.legs()[index];
    finding.leg_ids.emplace_back(leg.id);
    if (leg.control_id != nullptr) finding.control_ids.emplace_back(call.facts().text(leg.control_id->control_id));
  }
  finding.evidence = evidence_of(call.facts(), periods);
  const FindingContext context{.call = call, .limit = rule.limit(), .periods = periods, .legs = legs};
  finding.summary = fill_template(rule.summary, context);
  finding.action = fill_template(rule.action, context);
  return finding;
}

class RuleEngine final : public RuleSet {
 public:
  explicit RuleEngine(std::vector<Rule> rules) : rules_(std::move(rules)) {
    for (Rule& rule : rules_) {
      rule.info.action = explain_template(rule.action);
      infos_.push_back(rule.info);
    }
  }

  const std::vector<RuleInfo>& rules() const override { return infos_; }

  std::vector<Finding> findings(const CallFacts& facts, Time at) const override {
    const ArrivalWalk walk(facts, rules_, at);
    std::vector<Finding> findings;
    for (std::size_t rule = 0; rule < rules_.size(); ++rule) {
      std::span<const Period> periods = walk.periods()[rule];
      for (std::size_t openings = 0; !periods.empty(); ++openings) {
        const std::size_t count = joined(periods);
        if (auto finding = make_finding(rules_[rule], walk.known(), periods.first(count))) {
          finding->id = finding_id(finding->rule, finding->call_id, openings);
          findings.push_back(std::move(*finding));
        }
        periods = periods.subspan(count);
      }
    }
    std::ranges::sort(findings, [](const Finding& a, const Finding& b) {
      return std::tie(a.opened_at, a.rule) < std::tie(b.opened_at, b.rule);
    });
    return findings;
  }

  std::optional<Time> next_deadline(const CallFacts& facts) const override {
    KnownCall call(facts);
    for (const EventFact& event : facts.events()) {
      if (!event.repeat) call.add(event);
    }
    call.settle();
    std::optional<Time> next;
    for (const Rule& rule : rules_) {
      if (!rule.info.enabled || rule.info.noted || rule.leg_check == nullptr) continue;
      for (LegIndex leg = 0; leg < call.legs().size(); ++leg) {
        const auto condition = rule.leg_check(call, leg, rule.limit());
        if (condition && (!next || condition->holds_from < *next)) next = condition->holds_from;
      }
    }
    return next;
  }

 private:
  std::vector<Rule> rules_;
  std::vector<RuleInfo> infos_;
};

}  // namespace

std::unique_ptr<RuleSet> make_rule_set(std::vector<Rule> rules) {
  return std::make_unique<RuleEngine>(std::move(rules));
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
