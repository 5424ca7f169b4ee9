#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "projector/call_store.h"
#include "projector/fold.h"
#include "projector/rules/rule_set.h"
#include "schemas/json.h"

namespace hookledger::testing {

/// What a reader of the topics has to find: the latest JSON by key.
struct PublishedState {
  std::map<std::string, std::string> calls, findings;
};

/// Of all calls of the store at `now`, as the API would answer if no clock were ahead of it.
inline PublishedState state_to_publish(const CallStore& store, const RuleSet& rules, Time now) {
  PublishedState state;
  store
      .for_each([&](std::string_view id, std::string_view bytes) {
        const CallFacts facts = CallFacts::decode(id, bytes).value();
        Time at = now;
        for (const EventFact& event : facts.events()) at = std::max(at, event.received_at);
        const auto findings = rules.findings(facts, at);
        const auto open = open_rules(findings);
        JsonWriter out;
        write_json(out, derive_call(facts), &open);
        state.calls[std::string(id)] = out.view();
        for (const Finding& finding : findings) {
          out.clear();
          write_json(out, finding);
          state.findings[finding.id] = out.view();
        }
        return true;
      })
      .value();
  return state;
}

/// The keys whose latest is not what it should be.
inline std::vector<std::string> differences(const std::map<std::string, std::string>& published,
                                            const std::map<std::string, std::string>& expected) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : expected) {
    const auto found = published.find(key);
    if (found == published.end()) {
      keys.push_back(key + " is absent: " + value);
    } else if (found->second != value) {
      keys.push_back(key + " is " + found->second + ", not " + value);
    }
  }
  for (const auto& [key, value] : published) {
    if (!expected.contains(key)) keys.push_back(key + " is too many: " + value);
  }
  return keys;
}

}  // namespace hookledger::testing
