// Rules about events, devices and ratios on random telemetry: what is known decides, not the order in which it came,
// nor what comes later; and what the store keeps for rules is a pure function of the log and the rules.
#include <gmock/gmock.h>
#include <map>
#include <set>

#include "projector/devices.h"
#include "projector/folding.h"
#include "projector/queries.h"
#include "projector/rates.h"
#include "projector/rule_files/rule_file.h"
#include "projector/rule_files/shipped.h"
#include "projector/rules/built_in_rules.h"
#include "projector/rules_change.h"
#include "schemas/json.h"
#include "tests/projector/telemetry_history.h"

namespace hookledger {
namespace {

using namespace testing;

constexpr std::uint32_t kPartitions = 3;
constexpr int kRounds = 150;
constexpr std::size_t kEvents = 50;

/// The shipped rules with ratios that few events already make too high.
std::unique_ptr<RuleSet> make_rules(const std::string& more = {}) {
  std::vector<rules::RuleFile> files = rules::shipped_packs();
  files.push_back(
      {"test", "format: 1\ntune:\n  push-failures: {at-least: 2}\n  killed-by-system: {at-least: 2}\n" + more});
  rules::LoadedRules loaded = rules::load_rule_files(files);
  EXPECT_TRUE(loaded.errors.empty());
  return std::make_unique<RuleSet>(std::move(loaded.rules));
}

MemoryLog log_of(const std::vector<ReportedEvent>& events) {
  MemoryLog log(kPartitions);
  for (const ReportedEvent& event : events) event.append_to(log);
  return log;
}

std::unique_ptr<CallStore> fold(const LogReader& log, const RuleSet& rules) {
  auto store = CallStore::make(open_key_value_overlay({}).value(), make_shape(kPartitions, rules)).value();
  EXPECT_TRUE(catch_up(*store, log, rules, 1));
  return store;
}

std::map<std::string, std::string> everything(const CallStore& store) {
  std::map<std::string, std::string> all;
  const auto scan = store.bytes().scan("", "\xff");
  while (scan->next().value()) all.emplace(scan->key(), scan->value());
  return all;
}

/// Names the first key that differs.
void expect_same(const std::map<std::string, std::string>& found, const std::map<std::string, std::string>& expected) {
  const auto [one, other] = std::ranges::mismatch(found, expected);
  if (one == found.end() && other == expected.end()) return;
  ADD_FAILURE() << "found " << ::testing::PrintToString(one == found.end() ? "nothing" : one->first) << ", expected "
                << ::testing::PrintToString(other == expected.end() ? "nothing" : other->first);
}

std::vector<Finding> all_findings(const CallStore& store, const RuleSet& rules, Time at, bool open_by_index = false) {
  FindingFilter filter{.status = std::nullopt, .rule = {}, .call_id = {}, .at = at};
  if (open_by_index) filter.status = FindingStatus::kOpen;
  std::vector<Finding> found;
  std::string cursor;
  do {  // In small pages, so that cursors are tried too.
    const auto page = Queries(store, rules).findings(filter, {7, cursor}, open_by_index ? at : Time::max()).value();
    found.insert(found.end(), page.items.begin(), page.items.end());
    cursor = page.next;
  } while (!cursor.empty());
  return found;
}

std::string text_of(const Finding& finding) {
  JsonWriter out;
  write_json(out, finding);
  return std::string(out.view());
}

std::multiset<std::string> texts_of(const std::vector<Finding>& findings, bool open_only = false) {
  std::multiset<std::string> texts;
  for (const Finding& finding : findings) {
    if (!open_only || finding.status == FindingStatus::kOpen) texts.insert(text_of(finding));
  }
  return texts;
}

/// What does not hang on where a record lies and when it came.
std::multiset<std::string> gist(const std::vector<Finding>& findings) {
  std::multiset<std::string> gist;
  for (const Finding& finding : findings) {
    if (finding.status == FindingStatus::kResolved) continue;
    if (finding.rule == "late-event") continue;  // When it came is what it is about.
    gist.insert(finding.rule + " " + std::string(to_string(finding.status)) + " " + finding.device_id);
  }
  return gist;
}

TEST(EventRules, TheOrderOfArrivalDoesNotMatterOnceAllIsThere) {
  auto random = seeded_generator();
  const auto rules = make_rules();
  std::set<std::string> seen;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<ReportedEvent> events = random_telemetry(random, kEvents);
    const Time later = kStart + 90s;
    const auto one = fold(log_of(events), *rules);
    const auto expected = gist(all_findings(*one, *rules, later));
    for (ReportedEvent& event : events)
      event.received = event.at + Duration(1ms) * static_cast<int>(random_below(random, 20'000));
    std::ranges::shuffle(events, random);
    const auto other = fold(log_of(events), *rules);
    ASSERT_EQ(gist(all_findings(*other, *rules, later)), expected) << "round " << round;
    for (const std::string& text : expected) seen.insert(text.substr(0, text.find(' ')));
  }
  EXPECT_GT(seen.size(), 18U) << "the histories try too few rules";
}

TEST(EventRules, WhatComesLaterDoesNotChangeWhatWasFound) {
  auto random = seeded_generator();
  const auto rules = make_rules();
  for (int round = 0; round < kRounds; ++round) {
    std::vector<ReportedEvent> events = random_telemetry(random, kEvents);
    std::ranges::stable_sort(events, {}, &ReportedEvent::received);
    const auto all = fold(log_of(events), *rules);
    for (int i = 0; i < 4; ++i) {
      const Duration at = Duration(1s) * static_cast<int>(random_below(random, 90));
      std::vector<ReportedEvent> known = events;
      std::erase_if(known, [&](const ReportedEvent& event) { return event.received > at; });
      const auto then = fold(log_of(known), *rules);
      ASSERT_EQ(texts_of(all_findings(*all, *rules, kStart + at)), texts_of(all_findings(*then, *rules, kStart + at)))
          << "round " << round << " at " << format_duration(at);
    }
  }
}

TEST(EventRules, TheIndexFindsEverythingThatIsOpen) {
  auto random = seeded_generator();
  const auto rules = make_rules();
  for (int round = 0; round < kRounds; ++round) {
    const auto store = fold(log_of(random_telemetry(random, kEvents)), *rules);
    for (const Time at : {kStart + 95s, kStart + 20min, kStart + 30 * 24h}) {
      ASSERT_EQ(texts_of(all_findings(*store, *rules, at, true)), texts_of(all_findings(*store, *rules, at), true))
          << "round " << round;
    }
  }
}

TEST(EventRules, BatchesLeaveTheSame) {
  auto random = seeded_generator();
  const auto rules = make_rules();
  for (int round = 0; round < 10; ++round) {
    const MemoryLog log = log_of(random_telemetry(random, 60));
    const auto expected = everything(*fold(log, *rules));
    const auto store = CallStore::make(open_key_value_overlay({}).value(), make_shape(kPartitions, *rules)).value();
    for (bool more = true; more;) {
      more = false;
      for (std::uint32_t partition = 0; partition < kPartitions; ++partition) {
        Folding folding(*store, *rules);
        std::uint64_t at = store->covered(partition).value();
        if (at == log.end(partition)) continue;
        const auto cursor = log.scan(partition, at);
        for (std::uint64_t left = 1 + random_below(random, 5); left > 0 && cursor->next().value(); --left) {
          ASSERT_TRUE(folding.add(cursor->place(), cursor->bytes()));
          at = cursor->place().offset + 1;
        }
        ASSERT_TRUE(folding.commit(partition, at));
        more |= at < log.end(partition);
      }
    }
    expect_same(everything(*store), expected);
    ASSERT_FALSE(HasFailure()) << "round " << round;
  }
}

TEST(EventRules, AnEvaluationThatIsGivenUpIsBegunAnew) {
  auto random = seeded_generator();
  const auto before = make_rules(), none = std::make_unique<RuleSet>(std::vector<rules::RuleSpec>());
  const MemoryLog log = log_of(random_telemetry(random, 2000));
  const auto store = fold(log, *none), expected = fold(log, *before);
  int given_up = 0;
  for (int asks = 1;; ++asks) {
    int asked = 0;
    const auto followed = follow_rules(*store, log, *before, {.give_up = [&] { return ++asked == asks; }});
    if (followed) {
      EXPECT_FALSE(*followed);
      break;
    }
    EXPECT_EQ(followed.error().code, ErrorCode::kStopping);
    ++given_up;
  }
  EXPECT_GE(given_up, 2);
  expect_same(everything(*store), everything(*expected));
}

TEST(EventRules, ASequenceOverTwoCallsNamesALegOfTheCallThatItBeganIn) {
  const auto rules = make_rules(
      "rules:\n  - rule: crashed-after-push\n    kind: sequence\n    scope: device\n"
      "    when: {event: device.push.received}\n    then: {event: device.crashed}\n    within: 1m\n"
      "    summary: x\n    action: y\n    opens: z\n");
  std::vector<ReportedEvent> events = {
      {.type = "device.push.received", .call = "call-0", .device = "phone", .leg = "a", .at = 1s},
      {.type = "call.initiated", .call = "call-1", .leg = "b", .at = 2s, .telemetry = false},
      {.type = "device.crashed", .call = "call-1", .device = "phone", .leg = "c", .at = 3s}};
  for (ReportedEvent& event : events) {
    event.id = event.type;
    event.received = event.at;
  }
  const auto store = fold(log_of(events), *rules);
  std::vector<Finding> found = all_findings(*store, *rules, kStart + 90s);
  std::erase_if(found, [](const Finding& finding) { return finding.rule != "crashed-after-push"; });
  ASSERT_EQ(found.size(), 1U);
  EXPECT_THAT(found[0].leg_ids, ::testing::ElementsAre("a"));
}

TEST(EventRules, RulesThatDifferInWhatTheyKeepApartDoNotShareWhatTheyFind) {
  const auto rule = [](const std::string& name, const std::string& same) {
    return "  - rule: " + name + "\n    kind: expect\n    when: {event: app.asked}\n    then: {event: device.told}\n" +
           "    within: 5s\n" + same + "    summary: x\n    action: y\n    opens: z\n    ends: e\n";
  };
  const auto rules = make_rules("rules:\n" + rule("any-device", "") + rule("that-device", "    same: [device_id]\n"));
  std::vector<ReportedEvent> events = {{.type = "app.asked", .call = "call-0", .device = "one", .at = 1s},
                                       {.type = "device.told", .call = "call-0", .device = "two", .at = 2s}};
  for (ReportedEvent& event : events) {
    event.id = event.type;
    event.received = event.at;
  }
  const auto store = fold(log_of(events), *rules);
  std::set<std::string> found;
  for (const Finding& finding : all_findings(*store, *rules, kStart + 90s)) found.insert(finding.rule);
  EXPECT_THAT(found, ::testing::Contains("that-device"));
  EXPECT_THAT(found, ::testing::Not(::testing::Contains("any-device")));
}

TEST(EventRules, ChangedRulesLeaveWhatAFoldByThemLeaves) {
  auto random = seeded_generator();
  const auto before = make_rules(), none = std::make_unique<RuleSet>(std::vector<rules::RuleSpec>());
  const auto after = make_rules(
      "  no-end: {within: 10s}\n"
      "rules:\n  - rule: of-fields\n    kind: forbid\n    scope: call\n"
      "    event: {event: \"call.*\", where: {/call_session_id: {ne: call-0}}}\n"
      "    summary: x\n    action: y\n    opens: z\n");
  const MemoryLog log = log_of(random_telemetry(random, 200));
  for (const RuleSet* from : {before.get(), none.get()}) {
    const auto store = fold(log, *from);
    const std::string digest = store->digest().value();
    for (const RuleSet* to : {after.get(), before.get(), none.get()}) {
      ASSERT_TRUE(follow_rules(*store, log, *to));
      expect_same(everything(*store), everything(*fold(log, *to)));
      EXPECT_EQ(store->digest().value(), digest) << "calls do not hang on rules";
      EXPECT_TRUE(*follow_rules(*store, log, *to)) << "there is nothing left to do";
    }
  }
}

/// The signed copy may tell another time, or other fields: what the recovered one counted for is gone then.
TEST(EventRules, ARatioCountsAnEventOnceWhateverCopyCounts) {
  const auto rules = make_rules(
      "rules:\n  - rule: hangups\n    kind: rate\n    scope: organization\n    of: {event: call.hangup}\n"
      "    to: {event: call.initiated}\n    over: 5m\n    above: 50 %\n    at-least: 1\n    per: /to\n"
      "    summary: x\n    action: y\n    opens: z\n    ends: z\n");
  const auto none = std::make_unique<RuleSet>(std::vector<rules::RuleSpec>());
  MemoryLog log(kPartitions);
  const auto append = [&](Provenance provenance, Duration occurred, const std::string& to) {
    const std::string body =
        R"({"data":{"event_type":"call.hangup","id":"e","payload":{"call_session_id":"c","to":")" + to + "\"}}}";
    RecordView record;
    record.id = "e";
    record.source = "telnyx";
    record.type = "call.hangup";
    record.key = "c";
    record.in_call = record.timed = true;
    record.occurred_at = kStart + occurred;
    record.received_at = kStart + 1min + occurred;
    record.provenance = provenance;
    record.body = body;
    log.append(record);
  };
  append(Provenance::kRecovered, 0s, "+1");
  append(Provenance::kDelivered, 1s, "+2");
  append(Provenance::kDelivered, 2s, "+3");
  const auto store = fold(log, *rules);
  const auto subjects = rate_subjects(*store).value();
  ASSERT_EQ(subjects.size(), 1u);
  EXPECT_EQ(subjects[0].value, "+2");
  const auto changed = fold(log, *none);
  ASSERT_TRUE(follow_rules(*changed, log, *rules));
  expect_same(everything(*changed), everything(*store));
}

}  // namespace
}  // namespace hookledger
