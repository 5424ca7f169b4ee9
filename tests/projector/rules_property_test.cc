// What must be true of findings for every history of a call, on random ones.
#include <gmock/gmock.h>
#include <map>
#include <random>
#include <set>

#include "projector/rules/built_in_rules.h"
#include "schemas/json.h"
#include "tests/projector/rules_oracle.h"
#include "tests/support/call_builder.h"

namespace hookledger {
namespace {

using namespace testing;

constexpr unsigned kSeeds = 150;

class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  unsigned below(unsigned end) { return static_cast<unsigned>(engine_() % end); }
  bool chance(unsigned percent) { return below(100) < percent; }
  template <class T>
  void shuffle(std::vector<T>& values) {
    for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[below(static_cast<unsigned>(i))]);
  }

 private:
  std::mt19937 engine_;
};

/// Few legs, few instants: coincidences are what is interesting.
std::vector<BuiltEvent> random_history(Random& random) {
  static const std::vector<std::string> kTypes = {"initiated", "initiated", "answered",      "bridged",
                                                  "hangup",    "hangup",    "dtmf.received", "recording.saved"};
  std::vector<BuiltEvent> events;
  const bool twilio_like = random.chance(30);
  const unsigned legs = 1 + random.below(4), count = 1 + random.below(18);
  for (unsigned i = 0; i < count; ++i) {
    BuiltEvent event;
    event.id = "event-" + std::to_string(random.below(1000)) + "-" + std::to_string(i);
    event.type = kTypes[random.below(static_cast<unsigned>(kTypes.size()))];
    if (!random.chance(5)) event.leg = std::string(1, static_cast<char>('a' + random.below(legs)));
    event.at = random.chance(50) ? Duration(1s) * random.below(12) : Duration(1ms) * random.below(90'000);
    event.received =
        event.at + (random.chance(70) ? Duration(1ms) * random.below(300) : Duration(1s) * random.below(70));
    if (random.chance(30)) event.received = Duration(1s) * random.below(100);
    if (event.type == "initiated") event.direction = random.chance(40) ? "incoming" : "outgoing";
    if (random.chance(20)) event.organization = "org-" + std::to_string(random.below(random.chance(50) ? 1 : 3));
    if (random.chance(15)) event.provenance = static_cast<Provenance>(random.below(4));
    if (random.chance(3)) event.timed = false;
    event.dialled = twilio_like && event.leg != "a" && !random.chance(10);
    event.by_subscription = twilio_like;
    events.push_back(event);
  }
  for (unsigned i = 0; i < count; ++i) {
    if (!random.chance(10)) continue;
    events.push_back(events[i]);
    *events.back().received += Duration(1s) * random.below(20);
  }
  if (random.chance(80)) return by_arrival(events);
  return events;
}

/// Every instant at which something can change, and the microsecond before it.
std::set<Time> interesting_instants(const CallFacts& facts) {
  std::set<Time> instants;
  for (const EventFact& event : facts.events()) {
    instants.insert(event.received_at);
    for (const auto& [rule, legs] : RulesOracle::deadlines(facts.as_of(event.received_at, false))) {
      for (const auto& [leg, deadline] : legs) {
        if (deadline != Time::min()) instants.insert(deadline);
      }
    }
  }
  std::set<Time> with_before = instants;
  for (const Time instant : instants) with_before.insert(instant - 1us);
  return with_before;
}

std::string to_text(const std::vector<Finding>& findings) {
  JsonWriter out;
  out.begin_array();
  for (const Finding& finding : findings) write_json(out, finding);
  out.end_array();
  return std::string(out.view());
}

class RulesProperty : public ::testing::TestWithParam<unsigned> {
 protected:
  std::unique_ptr<RuleSet> rules_ = built_in_rules({.expect_recordings = true});
};

TEST_P(RulesProperty, FindingsAreWhatTheTableSaysAtEveryInstant) {
  for (unsigned seed = GetParam(); seed < GetParam() + kSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    const CallFacts facts = build_call(random_history(random));
    std::map<std::string, Time> since;
    std::size_t endings = 0;
    for (const Time at : interesting_instants(facts)) {
      const auto expected = RulesOracle::holding(facts, at);
      for (const auto& [rule, legs] : expected) since.try_emplace(rule, at);
      std::erase_if(since, [&](const auto& entry) {
        if (expected.contains(entry.first)) return false;
        for (const RuleInfo& rule : rules_->rules()) endings += rule.name == entry.first && !rule.noted ? 1 : 0;
        return true;
      });

      std::map<std::string, std::vector<std::string>> found;
      std::size_t resolved = 0;
      for (const Finding& finding : rules_->findings(facts, at)) {
        if (!RulesOracle::knows(finding.rule)) continue;
        if (finding.status == FindingStatus::kResolved) {
          ++resolved;
          ASSERT_LT(finding.opened_at, *finding.resolved_at);
          continue;
        }
        ASSERT_TRUE(found.emplace(finding.rule, finding.leg_ids).second) << "one at a time";
        ASSERT_EQ(finding.opened_at, since[finding.rule]) << finding.rule << " at " << format_time(at);
        ASSERT_FALSE(finding.evidence.empty());
        ASSERT_TRUE(std::ranges::is_sorted(finding.evidence));
      }
      ASSERT_EQ(found, expected) << format_time(at);
      ASSERT_EQ(resolved, endings) << format_time(at);
    }
  }
}

TEST_P(RulesProperty, TheNextDeadlineSaysWhetherAnythingIsOpen) {
  for (unsigned seed = GetParam(); seed < GetParam() + kSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    const CallFacts facts = build_call(random_history(random));
    for (const Time at : interesting_instants(facts)) {
      const auto next = rules_->next_deadline(facts.as_of(at, false));
      ASSERT_EQ(!open_rules(rules_->findings(facts, at)).empty(), next && *next <= at) << format_time(at);
    }
  }
}

TEST_P(RulesProperty, WhatCameLaterDoesNotChangeWhatWasFound) {
  for (unsigned seed = GetParam(); seed < GetParam() + kSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    const CallFacts facts = build_call(random_history(random));
    for (const Time at : interesting_instants(facts)) {
      const std::string then = to_text(rules_->findings(facts.as_of(at, false), at));
      ASSERT_EQ(to_text(rules_->findings(facts, at)), then) << format_time(at);
    }
  }
}

/// A recovered copy made an event known: when the signed one comes, nothing that was found is found otherwise.
TEST_P(RulesProperty, ACopyThatTakesOverLaterDoesNotChangeWhatWasFound) {
  const auto found = [&](const CallFacts& facts, Time at) {
    std::vector<std::tuple<std::string, std::vector<std::string>, Time, std::optional<Time>>> all;
    for (const Finding& it : rules_->findings(facts, at)) {
      if (it.rule != "late-event") all.emplace_back(it.rule, it.leg_ids, it.opened_at, it.resolved_at);
    }
    std::ranges::sort(all);
    return all;
  };
  for (unsigned seed = GetParam(); seed < GetParam() + kSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    std::vector<BuiltEvent> once = random_history(random);
    std::vector<BuiltEvent> events;
    for (BuiltEvent& event : once) {
      event.provenance = Provenance::kDelivered;
      event.timed = true;
      events.push_back(event);
      if (random.chance(60)) continue;
      events.back().provenance = Provenance::kRecovered;
      events.push_back(event);
      *events.back().received += Duration(1s) * random.below(20);
    }
    const CallFacts facts = build_call(events), known = build_call(once);
    for (const Time at : interesting_instants(facts)) ASSERT_EQ(found(facts, at), found(known, at)) << format_time(at);
  }
}

TEST_P(RulesProperty, TheOrderOfArrivalDoesNotMatterOnceAllIsThere) {
  const auto holding = [&](const std::vector<BuiltEvent>& events) {
    std::map<std::string, std::vector<std::string>> found;
    for (const Finding& finding : rules_->findings(build_call(events), kStart + 1h)) {
      if (finding.status != FindingStatus::kResolved && finding.rule != "late-event") {
        found[finding.rule] = finding.leg_ids;
      }
    }
    return found;
  };
  for (unsigned seed = GetParam(); seed < GetParam() + kSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    std::vector<BuiltEvent> events = random_history(random);
    for (BuiltEvent& event : events) event.timed = true;
    const auto expected = holding(events);
    for (int round = 0; round < 5; ++round) {
      random.shuffle(events);
      for (BuiltEvent& event : events) event.received = Duration(1s) * random.below(200);
      ASSERT_EQ(holding(events), expected);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RulesProperty, ::testing::Values(1U, 100'001U));

}  // namespace
}  // namespace hookledger
