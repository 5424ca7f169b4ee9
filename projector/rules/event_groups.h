#pragma once

#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "projector/rules/condition.h"
#include "projector/rules/scene.h"

namespace hookledger::rules {

/// How many events beside the first three stand in a finding.
inline constexpr std::size_t kMoreEvidenceMax = 13;

/// Events that go together by a rule's `same`, each group in the order given. Lives as long as the scene.
inline std::map<std::string_view, std::vector<Seen>> group(const Matches& matches) {
  std::map<std::string_view, std::vector<Seen>> groups;
  for (std::size_t i = 0; i < matches.events.size(); ++i) groups[matches.key(i)].push_back(matches.events[i]);
  return groups;
}

/// The first three prove it, the next few stand beside them.
inline void prove(Condition& condition, std::span<const Seen> events) {
  for (std::size_t i = 0; i < events.size() && i < condition.evidence.size() + kMoreEvidenceMax; ++i) {
    if (i < condition.evidence.size()) {
      condition.evidence[i] = events[i];
    } else {
      condition.more.push_back(events[i]);
    }
  }
}

}  // namespace hookledger::rules
