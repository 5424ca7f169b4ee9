#include "replay/redelivery/subscription.h"

#include <gmock/gmock.h>
#include <set>

#include "ingest/intake.h"
#include "ingest/own_event.h"
#include "replay/recovery/recovery.h"
#include "replay/redelivery/lag_note.h"
#include "schemas/json.h"
#include "tests/replay/redelivery/subscription_fixture.h"

namespace hookledger {
namespace {

using testing::Application;
using testing::kStart;
using testing::SubscriptionTest;
using namespace std::chrono_literals;

TEST_F(SubscriptionTest, DeliversWhatComesFromNowOnOrFromTheStart) {
  append("before", 3);
  open();
  append("after", 3);
  ASSERT_TRUE(eventually([&] { return application_.taken().size() == 3; }));
  for (const auto& one : application_.taken()) EXPECT_EQ(one.call, "after");
  close();
  std::filesystem::remove_all(log_.folder() / "book");
  application_.forget();
  open({.name = {}, .from_start = true});
  EXPECT_TRUE(eventually([&] { return all_taken(); }));
  expect_order();
}

TEST_F(SubscriptionTest, AfterARestartGoesOnWhereItStopped) {
  open();
  append("a", 4);
  ASSERT_TRUE(eventually([&] { return all_taken(); }));
  close();
  append("b", 4);
  open();
  ASSERT_TRUE(eventually([&] { return all_taken(); }));
  EXPECT_EQ(application_.taken().size(), 8U) << "nothing twice";
}

TEST_F(SubscriptionTest, AnyMixOfFailuresAndRestartsDeliversEverythingInOrder) {
  auto random = seeded_generator();
  std::mt19937_64 its(random());
  const std::set<std::string> hopeless = {"call-3", "call-11"};  // Their hangups.
  std::map<Place, int> failures;
  application_.behave([&](const Application::Taken& one) -> ReceiverAnswer {
    if (hopeless.contains(one.call) && one.place.offset % 3 == 0) return {.status = 422};
    int& failed = failures.emplace(one.place, 0).first->second;
    if (failed == 3 || its() % 2 == 0) return {.status = 200};
    ++failed;
    const std::array<ReceiverAnswer, 3> answers{ReceiverAnswer{.status = 500}, {.status = 409}, {.failure = "nobody"}};
    return answers[its() % answers.size()];
  });
  const Subscription::Options options{.name = {}, .from_start = true, .parallel = 4, .give_up = {.attempts = 5}};
  open(options);
  std::set<Place> expected_dead;
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < 20; ++i)
      append("call-" + std::to_string(random_below(random, 20)), 1 + static_cast<int>(random_below(random, 3)));
    (void)eventually([&, left = 20]() mutable { return --left == 0; }, 1s);
    close();
    open(options);
  }
  const auto dead = [&] { return subscription_->letters({}, 10'000).value(); };
  ASSERT_TRUE(eventually([&] { return application_.places().size() + dead().size() == records(); }, 2s));
  expect_order();
  for (const DeadLetter& letter : dead()) {
    EXPECT_TRUE(hopeless.contains(letter.call) && letter.place.offset % 3 == 0) << letter.call;
    EXPECT_EQ(letter.attempts, 5U);
    EXPECT_EQ(letter.answer, "HTTP 422");
    EXPECT_FALSE(letter.id.empty());
  }
}

TEST_F(SubscriptionTest, NewRecordsComeThroughWhileABacklogDrainsAndCallsStayInOrder) {
  open({.name = {}, .from_start = true, .rate = 200, .parallel = 4});
  std::atomic<bool> well = false;
  application_.behave([&](const Application::Taken&) { return ReceiverAnswer{.status = well ? 200U : 503U}; });
  for (int i = 0; i < 200; ++i) append("old-" + std::to_string(i), 10);
  const std::uint64_t backlog = records();
  ASSERT_TRUE(
      eventually([&] { return figure("hookledger_subscription_lag_records") == std::to_string(backlog); }, 20ms));
  well = true;
  ASSERT_TRUE(eventually([&] { return !application_.taken().empty(); }, 100ms));
  // Of a call that waits in the backlog, and of a new one.
  append("old-165", 1);
  append("new", 1);
  const auto has = [&](const std::string& call, std::size_t count) {
    const auto taken = application_.taken();
    return std::ranges::count(taken, call, &Application::Taken::call) == static_cast<std::ptrdiff_t>(count);
  };
  ASSERT_TRUE(eventually([&] { return has("new", 1) && has("old-165", 11); }, 5ms));
  EXPECT_LT(application_.taken().size(), backlog / 2) << "the backlog waits, not they";
  expect_order();
  ASSERT_TRUE(eventually([&] { return all_taken(); }, 200ms));
  EXPECT_EQ(application_.taken().size(), records()) << "nothing twice";
  expect_order();
  EXPECT_TRUE(eventually([&] { return figure("hookledger_subscription_lag_records") == "0"; }, 100ms));
}

TEST_F(SubscriptionTest, WhatComesRightAfterTheApplicationIsBackDoesNotWaitForWhatItMissed) {
  open({.name = {}, .from_start = true, .rate = 200, .parallel = 4});
  std::atomic<bool> well = false;
  application_.behave([&](const Application::Taken&) { return ReceiverAnswer{.status = well ? 200U : 503U}; });
  for (int i = 0; i < 300; ++i) append("old-" + std::to_string(i), 10);
  const std::uint64_t missed = records();
  ASSERT_TRUE(
      eventually([&] { return figure("hookledger_subscription_lag_records") == std::to_string(missed); }, 20ms));
  // Long enough that whole calls wait for another try.
  ASSERT_TRUE(eventually([&, left = 300]() mutable { return --left == 0; }, 1s));
  well = true;
  ASSERT_TRUE(eventually([&] { return !application_.taken().empty(); }, 10ms));
  // Twenty a second, as many as before.
  for (int i = 0; i < 60; ++i) {
    const std::string call = "new-" + std::to_string(i);
    const auto before = application_.taken().size();
    append(call, 1);
    std::size_t after = 0;
    ASSERT_TRUE(eventually(
        [&] {
          const auto taken = application_.taken();
          const auto found = std::ranges::find(taken, call, &Application::Taken::call);
          after = static_cast<std::size_t>(found - taken.begin());
          return found != taken.end();
        },
        5ms));
    EXPECT_LT(after, before + 100) << call << " waits for half a second at most";
  }
  EXPECT_LT(application_.taken().size(), missed) << "the backlog still drains";
  ASSERT_TRUE(eventually([&] { return all_taken(); }, 200ms));
  EXPECT_EQ(application_.taken().size(), records()) << "nothing twice";
  expect_order();
}

TEST_F(SubscriptionTest, RecordsOfNoCallComeInTheOrderOfTheirDevice) {
  int next = 0;
  const auto say = [&](int records) {
    for (int i = 0; i < records; ++i) {
      const std::string body = R"({"specversion":"1.0","id":")" + std::to_string(next++) +
                               R"(","source":"/app","type":"device.battery","data":{"device_id":"pixel"}})";
      ASSERT_TRUE(appends_to(*log_)({own_event(body, log_.clock().wall(), 2)}).front());
    }
  };
  open({.name = {}, .from_start = true, .rate = 200, .parallel = 4});
  std::atomic<bool> well = false;
  application_.behave([&](const Application::Taken&) { return ReceiverAnswer{.status = well ? 200U : 503U}; });
  for (int i = 0; i < 200; ++i) append("old-" + std::to_string(i), 10);
  say(30);  // More was said before than the dispatcher takes at once.
  const std::uint64_t missed = records();
  ASSERT_TRUE(
      eventually([&] { return figure("hookledger_subscription_lag_records") == std::to_string(missed); }, 20ms));
  well = true;
  ASSERT_TRUE(eventually([&] { return !application_.taken().empty(); }, 100ms));
  say(3);
  const auto of_device = [&] {
    std::vector<std::uint64_t> offsets;
    for (const auto& one : application_.taken()) {
      if (one.call.empty()) offsets.push_back(one.place.offset);
    }
    return offsets;
  };
  ASSERT_TRUE(eventually([&] { return of_device().size() == 33; }, 5ms));
  EXPECT_LT(application_.taken().size(), missed) << "it takes its own along, and no others";
  EXPECT_TRUE(std::ranges::is_sorted(of_device()));
}

TEST_F(SubscriptionTest, TakesWhatItsFilterWants) {
  open({.name = {}, .filter = {.types = {"call.hang*"}, .sources = {}, .calls = {}, .organization = "org-1"}});
  append("mine", 1, "org-1");
  append("mine", 2);  // Says no organisation: that of its call counts.
  append("theirs", 2, "org-2");
  append("nobody's", 2);
  ASSERT_TRUE(eventually([&] { return application_.taken().size() == 1; }));
  EXPECT_EQ(application_.taken().front().call, "mine");
  ASSERT_TRUE(eventually([&] { return figure("hookledger_subscription_lag_records") == "0"; }, 100ms));
  EXPECT_EQ(application_.taken().size(), 1U);
}

TEST_F(SubscriptionTest, DeadLettersAreListedTriedAgainAndDropped) {
  std::atomic<bool> refusing = true;
  application_.behave([&](const Application::Taken&) { return ReceiverAnswer{.status = refusing ? 400U : 200U}; });
  const Subscription::Options options{.name = {}, .give_up = {.attempts = 2}};
  open(options);
  append("call", 3);
  const auto letters = [&] { return subscription_->letters({}, 100).value(); };
  ASSERT_TRUE(eventually([&] { return letters().size() == 3; }, 1s));
  EXPECT_EQ(figure("hookledger_subscription_given_up_total"), "3");
  const auto all = letters();
  EXPECT_EQ(subscription_->letters(all[1].place, 1).value().front().place, all[1].place);
  EXPECT_FALSE(subscription_->retry({0, 999}).value());
  EXPECT_TRUE(subscription_->drop(all[0].place).value());
  EXPECT_TRUE(subscription_->retry(all[1].place).value());
  ASSERT_TRUE(
      eventually([&] { return letters().size() == 2 && letters()[0].attempts == 4 && !letters()[0].retry; }, 1s));
  close();
  open(options);
  EXPECT_EQ(letters().size(), 2U);
  refusing = false;
  for (const DeadLetter& letter : letters()) EXPECT_TRUE(subscription_->retry(letter.place).value());
  ASSERT_TRUE(eventually([&] { return letters().empty(); }, 1s));
  EXPECT_EQ(application_.places(), (std::set<Place>{all[1].place, all[2].place}));
}

TEST_F(SubscriptionTest, AStoreThatGoesIsLeftAtOnceAndAnotherTakesOver) {
  std::atomic<bool> asked = false;
  application_.behave([&](const Application::Taken&) {
    asked = true;
    return ReceiverAnswer{.status = 500};
  });
  open();
  append("call", 5);
  ASSERT_TRUE(eventually([&] { return asked.load(); }));
  subscription_->remove(0);
  application_.behave({});
  watch();
  EXPECT_TRUE(eventually([&] { return all_taken(); }, 100ms));
  expect_order();
}

TEST_F(SubscriptionTest, TellsTheLogThatItIsBehindAndThatItNoLongerIs) {
  std::vector<std::string> told;
  note_ = [&](const std::string& body) -> Result<void> {
    EventReaders readers;
    std::vector<Append> appends;
    appends.push_back(take_in(readers.of("standard"),
                              {.source = "hookledger",
                               .content_type = "application/cloudevents+json",
                               .signature = {},
                               .signed_at = {},
                               .key_id = {},
                               .received_at = log_.clock().wall(),
                               .provenance = Provenance::kSynthetic,
                               .kind = "standard"},
                              body, 2)
                          .append);
    told.push_back(std::string(decode_record(appends[0].record).value().type));
    return appends_to(*log_)(std::move(appends)).front() ? Result<void>() : Error{ErrorCode::kUnavailable, "no"};
  };
  std::atomic<bool> well = false;
  application_.behave([&](const Application::Taken&) { return ReceiverAnswer{.status = well ? 200U : 500U}; });
  open();
  append("call", 2);
  ASSERT_TRUE(eventually([&] { return figure("hookledger_subscription_lag_seconds") > "60"; }, 1s));
  const auto notes = [&] {
    const auto facts = projection_->store().find_device("subscription app").value();
    return facts ? facts->events().size() : 0;
  };
  ASSERT_TRUE(eventually([&] { return notes() == 1; }, 1s));
  close();
  open();
  well = true;
  ASSERT_TRUE(eventually([&] { return notes() == 2; }, 1s)) << "whoever starts knows what was told";
  close();
  EXPECT_EQ(told, (std::vector<std::string>{"hookledger.subscription.lagging", "hookledger.subscription.caught_up"}));
  EXPECT_EQ(application_.taken().size(), 2U) << "notes are not delivered";
}

TEST(LagNote, ASlightLagIsNone) {
  CallFacts device("subscription app", 0);
  EXPECT_FALSE(lag_turn(nullptr, kLagMax - 1us));
  EXPECT_EQ(lag_turn(nullptr, kLagMax), LagTurn::kLagging);
  EXPECT_EQ(lag_turn(&device, kLagMax), LagTurn::kLagging);
  EXPECT_TRUE(is_json(lag_event("a\"b", LagTurn::kLagging, 7, 61s, kStart)));
}

}  // namespace
}  // namespace hookledger
