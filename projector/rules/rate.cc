#include "projector/rules/rate.h"

#include <algorithm>

#include "projector/rules/field.h"
#include "projector/rules/match.h"
#include "schemas/crypto.h"

namespace hookledger::rules {
namespace {

constexpr std::size_t kFindingIdDigits = 32, kEvidenceMax = 16;

bool counts(const Pattern& pattern, const Seen& seen) {
  return pattern.what == Pattern::kEvent && is_of_type(pattern, seen.facts().text(seen.event->type)) &&
         holds(pattern.where, seen);
}

/// An event enters the window when it is known, and leaves it when it is as old as the window is long.
struct Change {
  Time at;
  const Counted* event;
  bool enters;
};

struct High {
  Time from;
  std::optional<Time> to;
  std::uint64_t of = 0, total = 0;  ///< The highest ratio's.
  std::vector<Place> evidence;
};

bool is_high(const RuleSpec& rule, std::uint64_t of, std::uint64_t total) {
  return total >= rule.at_least && static_cast<double>(of) > rule.above * static_cast<double>(total);
}

std::vector<High> follow(const RuleSpec& rule, const std::vector<Counted>& events, Time at) {
  std::vector<Change> changes;
  for (const Counted& event : events) {
    const Time enters = std::max(event.occurred_at, event.received_at), leaves = event.occurred_at + rule.over;
    if (enters >= leaves || enters > at) continue;
    changes.push_back({enters, &event, true});
    if (leaves <= at) changes.push_back({leaves, &event, false});
  }
  std::ranges::stable_sort(changes, {}, &Change::at);
  std::vector<High> highs;
  std::uint64_t of = 0, total = 0;
  bool high = false;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const Change& change = changes[i];
    of += change.event->of ? (change.enters ? 1 : -1) : 0;
    total += change.event->to ? (change.enters ? 1 : -1) : 0;
    if (i + 1 < changes.size() && changes[i + 1].at == change.at) continue;
    if (is_high(rule, of, total) != high) {
      high = !high;
      if (high) highs.push_back({.from = change.at, .to = {}, .evidence = {}});
      if (!high) highs.back().to = change.at;
    }
    if (!high) continue;
    High& now = highs.back();
    if (of > now.of) now.of = of, now.total = total;
    if (change.enters && change.event->of && now.evidence.size() < kEvidenceMax)
      now.evidence.push_back(change.event->place);
  }
  return highs;
}

std::string fill(std::string_view text, const RuleSpec& rule, const RateSubject& subject, const High& high) {
  std::string out;
  while (true) {
    const std::size_t open = text.find('{'), close = text.find('}', open);
    if (open == std::string_view::npos || close == std::string_view::npos) return out.append(text);
    const std::string_view name = text.substr(open + 1, close - open - 1);
    out.append(text.substr(0, open));
    if (name == "limit") out.append(format_duration(rule.over));
    if (name == "count") out.append(std::to_string(high.of) + " of " + std::to_string(high.total));
    if (name == "since") out.append(format_time(high.from));
    if (name == "organizations" || name == "device") out.append(subject.whose.empty() ? "(none)" : subject.whose);
    if (name.starts_with('/')) out.append(subject.value.empty() ? "(none)" : subject.value);
    text.remove_prefix(close + 1);
  }
}

std::string finding_id(const RateSubject& subject, Time from) {
  Digest digest;
  for (const std::string* part : {&subject.rule, &subject.whose, &subject.value}) digest.add(*part);
  digest.add(format_time(from));
  return digest.hex().substr(0, kFindingIdDigits);
}

}  // namespace

std::optional<RateMark> rate_mark(const RuleSpec& rule, const Seen& seen) {
  RateMark mark{.subject = {.rule = rule.name, .whose = {}, .value = {}},
                .of = counts(rule.event, seen),
                .to = counts(rule.base, seen)};
  if (!mark.of && !mark.to) return std::nullopt;
  mark.subject.whose = rule.scope == Scope::kDevice ? std::string(seen.facts().text(seen.event->device))
                                                    : read_text(rule.organization, seen);
  if (rule.per) mark.subject.value = read_text(*rule.per, seen);
  return mark;
}

std::vector<Finding> rate_findings(const RuleSpec& rule, const RateSubject& subject, const std::vector<Counted>& events,
                                   Time at) {
  std::vector<Finding> findings;
  for (High& high : follow(rule, events, at)) {
    Finding finding;
    finding.id = finding_id(subject, high.from);
    finding.rule = rule.name;
    finding.severity = rule.severity;
    finding.status = high.to ? FindingStatus::kResolved : FindingStatus::kOpen;
    (rule.scope == Scope::kDevice ? finding.device_id : finding.organization_id) = subject.whose;
    finding.opened_at = high.from;
    finding.resolved_at = high.to;
    finding.summary = fill(rule.summary, rule, subject, high);
    finding.action = fill(rule.action, rule, subject, high);
    std::ranges::sort(high.evidence);
    finding.evidence = std::move(high.evidence);
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace hookledger::rules
