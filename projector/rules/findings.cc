#include "projector/rules/findings.h"

#include <algorithm>
#include <map>
#include <set>
#include <span>
#include <utility>

#include "projector/rules/field.h"
#include "projector/rules/finding_text.h"
#include "schemas/crypto.h"

namespace hookledger::rules {
namespace {

constexpr std::size_t kFindingIdDigits = 32;

std::string finding_id(std::string_view rule, std::string_view subject, std::string_view device,
                       std::size_t earlier_openings) {
  Digest digest;
  digest.add(rule);
  digest.add(subject);
  if (!device.empty()) digest.add(device);
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

const Seen& cause_of(const Period& period) { return period.condition.evidence.front(); }

std::vector<Place> evidence_of(const std::vector<const Period*>& periods) {
  std::vector<Place> places;
  const auto add = [&](const Seen& seen) {
    if (seen) places.push_back({seen.facts().partition(), seen.event->offset});
  };
  for (const Period* period : periods) {
    std::ranges::for_each(period->condition.evidence, add);
    std::ranges::for_each(period->condition.more, add);
  }
  std::ranges::sort(places);
  places.erase(std::unique(places.begin(), places.end()), places.end());
  return places;
}

/// The value that all periods have; empty when they differ.
template <class ValueOf>
std::string common(const std::vector<const Period*>& periods, const ValueOf& value_of) {
  std::set<std::string> values;
  for (const Period* period : periods) values.emplace(value_of(*period));
  return values.size() == 1 ? *values.begin() : std::string();
}

std::string call_of(const Period& period) {
  const Seen& cause = cause_of(period);
  return cause.call->is_call() ? cause.facts().call_id() : std::string();
}

std::string_view device_of(const Period& period) {
  const Seen& cause = cause_of(period);
  return cause.facts().text(cause.event->device);
}

bool keeps_devices_apart(const RuleSpec& rule) {
  return rule.scope == Scope::kDevice ||
         std::ranges::any_of(rule.same, [](const Field& field) { return field.name == Field::kDeviceId; });
}

/// `joint`: the periods of one finding. Nothing for something past that is now known not to have been.
std::optional<Finding> make_finding(const RuleSpec& rule, std::string_view subject, std::span<const Period> joint) {
  std::vector<const Period*> periods;
  for (const Period& period : joint) {
    if (!period.to) periods.push_back(&period);
  }
  const bool holds = !periods.empty();
  if (!holds && rule.noted) return std::nullopt;

  Finding finding;
  finding.opened_at = joint.front().from;
  if (!holds) {
    for (const Period& period : joint) {
      periods.push_back(&period);
      if (!finding.resolved_at || *period.to > *finding.resolved_at) finding.resolved_at = period.to;
    }
  }
  finding.status = rule.noted ? FindingStatus::kNoted : holds ? FindingStatus::kOpen : FindingStatus::kResolved;
  finding.rule = rule.name;
  finding.severity = rule.severity;
  finding.call_id = common(periods, call_of);
  finding.device_id = rule.scope == Scope::kDevice ? std::string(subject) : common(periods, device_of);
  const auto last = std::ranges::max_element(periods, {}, [](const Period* period) { return period->to; });
  finding.organization_id = (*last)->organization;

  const FindingContext context{.rule = rule, .periods = periods, .legs = legs_of(periods)};
  for (const Seen& leg : context.legs) {
    const KnownLeg& known = leg.call->legs()[leg.leg];
    finding.leg_ids.emplace_back(known.id);
    if (known.control_id != nullptr) finding.control_ids.emplace_back(leg.facts().text(known.control_id->control_id));
  }
  finding.evidence = evidence_of(periods);
  finding.summary = fill_template(rule.summary, context);
  finding.action = fill_template(rule.action, context);
  return finding;
}

}  // namespace

void add_findings(const RuleSpec& rule, std::string_view subject, std::vector<Period> periods,
                  std::vector<Finding>& findings) {
  std::map<std::string, std::vector<Period>, std::less<>> by_device;
  const bool apart = rule.scope != Scope::kDevice && keeps_devices_apart(rule);
  for (Period& period : periods) by_device[apart ? std::string(device_of(period)) : ""].push_back(std::move(period));
  for (auto& [device, of_device] : by_device) {
    std::ranges::stable_sort(of_device, {}, [](const Period& period) { return std::pair(period.from, period.leg); });
    std::span<const Period> rest = of_device;
    for (std::size_t openings = 0; !rest.empty(); ++openings) {
      const std::size_t count = joined(rest);
      if (auto finding = make_finding(rule, subject, rest.first(count))) {
        finding->id = finding_id(rule.name, subject, device, openings);
        findings.push_back(std::move(*finding));
      }
      rest = rest.subspan(count);
    }
  }
}

}  // namespace hookledger::rules
