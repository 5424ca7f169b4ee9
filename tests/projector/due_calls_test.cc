#include "projector/due_calls.h"

#include <gmock/gmock.h>

#include "projector/folding.h"
#include "projector/rules/built_in_rules.h"
#include "tests/projector/history.h"
#include "tests/support/memory_log.h"

namespace hookledger {
namespace {

using testing::build_call;
using ::testing::ElementsAre;
using testing::HistoryEvent;
using ::testing::IsEmpty;
using testing::kStart;
using testing::MemoryLog;
using namespace std::chrono_literals;

class DueCallsTest : public ::testing::Test {
 protected:
  /// missing-event after 5 s, answered-not-bridged after 10 s, no-answer-no-end after a minute.
  void add_call(const std::string& id, Duration at) {
    for (const auto& [type, leg] : {std::pair("call.initiated", "a"), {"call.answered", "b"}}) {
      const HistoryEvent event{.id = type + id,
                               .type = type,
                               .call = id,
                               .leg = leg,
                               .occurred_at = kStart + at,
                               .received_at = kStart + at};
      event.with_record([&](const RecordView& record) { log_.append(record); });
    }
    ASSERT_TRUE(catch_up(*store_, log_, *rules_, 1));
  }

  std::vector<std::string> next(Duration now, std::size_t looks_max = 1000) {
    std::vector<std::string> ids;
    const auto calls = due_.next(kStart + now, looks_max).value();
    for (const CallFacts& facts : calls) ids.push_back(facts.call_id());
    return ids;
  }

  MemoryLog log_{1};
  std::unique_ptr<RuleSet> rules_ = built_in_rules();
  std::unique_ptr<CallStore> store_ = CallStore::make(*open_key_value_overlay({}), make_shape(1, *rules_)).value();
  DueCalls due_{*store_, *rules_, kStart};
};

TEST_F(DueCallsTest, ADeadlineComesOnceItIsAcceptedAndAgainUntilThen) {
  add_call("a", 0s);
  EXPECT_THAT(next(5s - 1us), IsEmpty());
  due_.accept();
  EXPECT_THAT(next(5s), ElementsAre("a"));
  EXPECT_THAT(next(5s), ElementsAre("a"));
  EXPECT_EQ(due_.since_when_accepted(), kStart + 5s);
  due_.accept();
  EXPECT_THAT(next(10s - 1us), IsEmpty());
  due_.accept();
  EXPECT_THAT(next(10s), ElementsAre("a"));
  due_.accept();
  EXPECT_THAT(next(60s - 1us), IsEmpty());
}

TEST_F(DueCallsTest, OnlyWhatBecameDueSinceIsLookedAt) {
  for (int i = 0; i < 50; ++i) add_call("early" + std::to_string(i), -1h);
  add_call("late", 0s);
  EXPECT_THAT(next(0s), IsEmpty());
  while (due_.since_when_accepted() < kStart + 1s) {
    EXPECT_THAT(next(1s, 10), IsEmpty());
    due_.accept();
  }
  EXPECT_THAT(next(5s, 1), ElementsAre("late"));
}

TEST_F(DueCallsTest, WhatTimeHasGoneOverIsNotGivenWhenItGoesBack) {
  add_call("a", 0s);
  EXPECT_THAT(next(7s), ElementsAre("a"));
  due_.accept();
  EXPECT_THAT(next(6s), IsEmpty());
  EXPECT_EQ(due_.since_when_accepted(), kStart + 7s);
}

TEST_F(DueCallsTest, MoreLaterDeadlinesThanAreKeptAreFoundAgain) {
  add_call("a", 0s);
  EXPECT_THAT(next(5s), ElementsAre("a"));
  due_.accept();
  for (int i = 0; i < 100'000; ++i) {
    due_.note(build_call({{.type = "initiated", .leg = "a", .at = -1s}, {.type = "answered", .leg = "b", .at = -1s}},
                         "other" + std::to_string(i)),
              kStart + 5s);
  }
  std::size_t rounds = 0;
  std::vector<std::string> found;
  for (; due_.since_when_accepted() < kStart + 10s; ++rounds) {
    for (const std::string& id : next(10s, 30'000)) found.push_back(id);
    due_.accept();
  }
  EXPECT_THAT(found, ElementsAre("a"));
}

}  // namespace
}  // namespace hookledger
