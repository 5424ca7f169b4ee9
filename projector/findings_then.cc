#include "projector/findings_then.h"

#include <algorithm>
#include <set>

namespace hookledger {
namespace {

constexpr std::size_t kRecordsMax = 32;

const Finding* find(const std::vector<Finding>& findings, const std::string& id) {
  const auto found = std::ranges::find(findings, id, &Finding::id);
  return found == findings.end() ? nullptr : &*found;
}

bool same(const Finding* one, const Finding& other) {
  return one != nullptr && one->status == other.status && one->resolved_at == other.resolved_at;
}

}  // namespace

Time known_at(const CallFacts& facts, Time now) {
  for (const EventFact& event : facts.events()) now = std::max(now, event.received_at);
  return now;
}

bool FindingsThen::was_over(const Finding& finding) {
  work_out();
  return same(find(then_, finding.id), finding) && steady(finding);
}

std::vector<Finding> FindingsThen::told(const std::vector<Finding>& findings) {
  if (!progress_.told_then) return {};
  work_out();
  std::vector<Finding> told;
  for (const Finding& finding : then_) {
    if (finding.status != FindingStatus::kOpen) continue;
    const Finding* const now = find(findings, finding.id);
    if (now == nullptr || now->status != FindingStatus::kOpen || steady(finding)) told.push_back(finding);
  }
  return told;
}

bool FindingsThen::steady(const Finding& finding) {
  return !unclear_ &&
         std::ranges::all_of(since_, [&](const auto& findings) { return same(find(findings, finding.id), finding); });
}

void FindingsThen::work_out() {
  if (worked_out_) return;
  worked_out_ = true;
  const auto found = progress_.past_offsets.find(facts_.partition());
  const std::uint64_t offset = found == progress_.past_offsets.end() ? 0 : found->second;
  const auto as_of = [&](std::uint64_t end, Time at) {
    const CallFacts facts = facts_.before(end);
    return facts.events().empty() ? std::vector<Finding>() : rules_.findings(facts, known_at(facts, at));
  };
  then_ = as_of(offset, progress_.past_at);
  if (!progress_.catching_up()) return;
  std::set<std::uint64_t> ends;
  for (const EventFact& event : facts_.events()) {
    if (event.offset >= offset) ends.insert(event.offset + 1);
  }
  unclear_ = ends.size() > kRecordsMax;
  if (unclear_) return;
  for (const std::uint64_t end : ends) since_.push_back(as_of(end, now_));
}

}  // namespace hookledger
