// What comes with the program: it can be read, has the values that CONTRACT gives, and catalogue and packs name each
// other.
#include <algorithm>
#include <gmock/gmock.h>

#include "projector/rule_files/shipped.h"
#include "projector/rule_files/tunables.h"
#include "schemas/crypto.h"

namespace hookledger::rules {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

std::string all_of(const std::vector<RuleFileError>& errors) {
  std::string out;
  for (const RuleFileError& error : errors) out += to_string(error) + '\n';
  return out;
}

const RuleSpec& rule(std::string_view name) {
  const auto found = std::ranges::find(shipped_rules(), name, &RuleSpec::name);
  EXPECT_NE(found, shipped_rules().end()) << name;
  return *found;
}

TEST(ShippedRules, AreRead) {
  const LoadedRules loaded = load_rule_files(shipped_packs());
  EXPECT_EQ(all_of(loaded.errors), "");
  EXPECT_EQ(loaded.rules.size(), 45U);
}

TEST(ShippedRules, HaveTheLimitsOfTheContract) {
  const std::vector<std::pair<std::string, Duration>> limits = {{"legs-ring-after-hangup", 2s},
                                                                {"legs-ring-after-answer", 2s},
                                                                {"answered-not-bridged", 10s},
                                                                {"no-answer-no-end", 60s},
                                                                {"peer-not-ended", 10s},
                                                                {"no-end", 4h + 5min},
                                                                {"missing-event", 5s},
                                                                {"recording-not-saved", 5min},
                                                                {"late-event", 2s},
                                                                {"slow-bridge", 10s}};
  for (const auto& [name, limit] : limits) EXPECT_EQ(limit_of(rule(name)), limit) << name;
  std::vector<std::string> off;
  for (const RuleSpec& each : shipped_rules()) {
    if (!each.enabled) off.push_back(each.name);
  }
  EXPECT_THAT(off, ElementsAre("recording-not-saved", "organization-missing"));
}

TEST(ShippedRules, AreNotedWhereTheContractSaysSo) {
  for (const char* const name : {"organization-conflict", "double-answer", "late-event", "slow-bridge"}) {
    EXPECT_TRUE(rule(name).noted) << name;
    EXPECT_EQ(rule(name).ends_when, "Never open: noted, unless later facts show that it was not so.");
  }
  for (const char* const name : {"legs-ring-after-hangup", "no-end", "missing-event"})
    EXPECT_FALSE(rule(name).noted) << name;
}

TEST(ShippedRules, ReadWhatTheySay) {
  const RuleSpec& bridged = rule("answered-not-bridged");
  EXPECT_EQ(bridged.kind, Kind::kExpect);
  EXPECT_EQ(bridged.scope, Scope::kLeg);
  EXPECT_EQ(bridged.legs, Legs::kOthers);
  EXPECT_EQ(bridged.severity, Severity::kCritical);
  ASSERT_EQ(bridged.pairs.size(), 1U);
  EXPECT_EQ(bridged.pairs.front().when.leg, LegState::kAnswered);
  ASSERT_EQ(bridged.pairs.front().then.size(), 2U);
  EXPECT_EQ(bridged.pairs.front().then[1].leg, LegState::kEnded);

  const RuleSpec& expired = rule("expired-credential-dialled");
  ASSERT_EQ(expired.event.where.size(), 1U);
  const Comparison& comparison = expired.event.where.front();
  EXPECT_EQ(comparison.field, (Field{Field::kPointer, "/credential_expires_at"}));
  EXPECT_EQ(comparison.type, Type::kTime);
  EXPECT_EQ(comparison.test, rules::Test::kLess);
  EXPECT_EQ(comparison.other, (Field{Field::kOccurredAt, ""}));

  const RuleSpec& certificate = rule("certificate-expires");
  EXPECT_EQ(certificate.due, (Field{Field::kPointer, "/not_after"}));
  EXPECT_EQ(certificate.before_due, 14 * 24h);
  EXPECT_EQ(rule("push-failures").above, 0.2);
  EXPECT_THAT(rule("push-failures").parameters,
              ElementsAre(Pair("above", "20 %"), Pair("over", "5m"), Pair("at-least", "20")));
}

TEST(Fingerprint, ChangesWithWhatDecidesAndNotWithTexts) {
  init_crypto();
  const std::string before = fingerprint(shipped_rules());
  std::vector<RuleSpec> rules = shipped_rules();
  rules[0].summary = rules[0].action = rules[0].opens_when = rules[0].ends_when = "Other words.";
  rules[0].severity = Severity::kInfo;
  rules[0].failures.clear();
  EXPECT_EQ(fingerprint(rules), before);

  const std::vector<void (*)(RuleSpec&)> changes = {
      [](RuleSpec& r) { r.enabled = !r.enabled; },
      [](RuleSpec& r) { r.name += "x"; },
      [](RuleSpec& r) { r.within += 1us; },
      [](RuleSpec& r) { r.skew += 1us; },
      [](RuleSpec& r) { r.scope = Scope::kDevice; },
      [](RuleSpec& r) { r.legs = Legs::kAnswering; },
      [](RuleSpec& r) { r.noted = true; },
      [](RuleSpec& r) { r.late = true; },
      [](RuleSpec& r) { r.during = While::kCallOpen; },
      [](RuleSpec& r) {
        r.same.push_back({Field::kDeviceId, ""});
      },
      [](RuleSpec& r) { r.pairs.front().then.pop_back(); },
      [](RuleSpec& r) { r.pairs.front().when.of = Of::kPeer; },
      [](RuleSpec& r) { r.pairs.push_back(r.pairs.front()); },
      [](RuleSpec& r) { r.condition.emplace(); },
      [](RuleSpec& r) { r.meanwhile.emplace(); },
      [](RuleSpec& r) { r.until.emplace(); },
      [](RuleSpec& r) { r.by.emplace(); },
      [](RuleSpec& r) { r.distinct.emplace(); },
      [](RuleSpec& r) { r.per.emplace(); },
      [](RuleSpec& r) { r.due.emplace(); },
      [](RuleSpec& r) { r.before_due += 1us; },
      [](RuleSpec& r) { r.max = 2; },
      [](RuleSpec& r) { r.spread += 1us; },
      [](RuleSpec& r) { r.over += 1us; },
      [](RuleSpec& r) { r.above += 0.01; },
      [](RuleSpec& r) { r.at_least = 2; },
      [](RuleSpec& r) { r.event.types.push_back("a"); },
      [](RuleSpec& r) { r.base.types.push_back("a"); },
      [](RuleSpec& r) {
        r.event.where.push_back({{Field::kLag, ""}, Type::kDuration, rules::Test::kLess, {Duration(1)}, {}, {}});
      },
      [](RuleSpec& r) {
        r.event.where.push_back({{Field::kLag, ""}, Type::kDuration, rules::Test::kLess, {1.0}, {}, {}});
      },
      [](RuleSpec& r) {
        r.event.where.push_back({{Field::kLag, ""}, Type::kDuration, rules::Test::kLess, {Time(Duration(1))}, {}, {}});
      },
  };
  std::vector<std::string> seen = {before};
  for (const auto change : changes) {
    rules = shipped_rules();
    change(rules[1]);
    seen.push_back(fingerprint(rules));
  }
  std::ranges::sort(seen);
  EXPECT_EQ(std::ranges::adjacent_find(seen), seen.end());
}

TEST(Catalogue, HasEveryRowOnce) {
  std::vector<std::string> ids;
  for (const Failure& failure : shipped_catalogue()) ids.push_back(failure.id);
  EXPECT_EQ(ids.size(), 51U);
  std::ranges::sort(ids);
  EXPECT_EQ(std::ranges::adjacent_find(ids), ids.end());
}

TEST(Catalogue, AndRulesNameEachOther) {
  std::vector<std::pair<std::string, std::string>> by_rule, by_failure;
  for (const RuleSpec& each : shipped_rules()) {
    for (const std::string& failure : each.failures) by_rule.emplace_back(failure, each.name);
  }
  for (const Failure& failure : shipped_catalogue()) {
    for (const std::string& name : failure.rules) by_failure.emplace_back(failure.id, name);
  }
  EXPECT_THAT(by_rule, ::testing::UnorderedElementsAreArray(by_failure));
}

TEST(Catalogue, DetectsByRulesAndOnlySo) {
  for (const Failure& failure : shipped_catalogue()) {
    EXPECT_THAT(failure.how, ::testing::Not(IsEmpty())) << failure.id;
    for (const std::string& how : failure.how) EXPECT_THAT(how, ::testing::AnyOf("P", "D", "R", "T")) << failure.id;
    const bool detected = std::ranges::find(failure.how, "D") != failure.how.end();
    EXPECT_EQ(detected, !failure.rules.empty()) << failure.id;
  }
}

}  // namespace
}  // namespace hookledger::rules
