#include "tests/replay/redelivery/dispatcher_fixture.h"
#include "tests/support/seeded.h"

namespace hookledger::testing {
namespace {

TEST_F(DispatcherTest, AnyMixOfFailuresDeliversEachKeyInOrderAndGivesUpExactlyTheHopeless) {
  auto random = seeded_generator();
  for (int round = 0; round < 6; ++round) {
    const std::uint64_t records = 300, seed = random();
    const unsigned limit = 4;
    // Hopeless: refused whenever it is asked. Others fail some times less than the limit.
    const auto failures_of = [&](std::uint64_t offset) {
      std::mt19937_64 its(seed ^ (offset * 7919));
      return its() % 10 == 0 ? 1'000U : its() % 3 == 0 ? static_cast<unsigned>(its() % limit) : 0U;
    };
    const std::array<ReceiverAnswer, 4> answers{
        ReceiverAnswer{.status = 500}, {.status = 404}, {.status = 429, .retry_after = 1s}, {.failure = "nobody"}};
    results_.forget();
    open(
        [&](std::uint64_t offset, unsigned attempt) {
          const unsigned failures = failures_of(offset);
          return attempt <= failures ? answers[(offset + attempt) % answers.size()] : ok();
        },
        {.give_up = {.attempts = limit}, .seed = seed});
    std::map<std::string, std::vector<std::uint64_t>> by_key;
    for (std::uint64_t offset = 0; offset < records; ++offset) {
      const std::string key = "key-" + std::to_string(random_below(random, 40));
      by_key[key].push_back(offset);
      add(offset, key, random_below(random, 5) == 0 ? Urgency::kUrgent : Urgency::kUsual);
    }
    ASSERT_TRUE(run()) << "round " << round;
    const auto results = results_.all();
    ASSERT_EQ(results.size(), records);
    for (const auto& [offset, result] : results) {
      const bool hopeless = failures_of(offset) >= limit;
      EXPECT_EQ(result.delivery, hopeless ? Delivery::kGivenUp : Delivery::kDelivered) << offset;
      EXPECT_EQ(result.attempts, hopeless ? limit : failures_of(offset) + 1) << offset;
    }
    std::map<std::string, std::vector<std::uint64_t>> asked;
    for (const auto& one : application_->asked()) {
      auto& offsets = asked[one.key];
      if (offsets.empty() || offsets.back() != one.offset) offsets.push_back(one.offset);
    }
    EXPECT_EQ(asked, by_key) << "each record of a key after those before it were taken or given up";
    dispatcher_.reset();
  }
}

TEST_F(DispatcherTest, ARecordThatFailsHoldsUpItsKeyAlone) {
  open([](std::uint64_t offset, unsigned) { return offset == 0 ? ReceiverAnswer{.status = 400} : ok(); });
  add(0, "bad");
  add(1, "bad");
  for (std::uint64_t offset = 2; offset < 50; ++offset) add(offset, "good-" + std::to_string(offset));
  EXPECT_TRUE(eventually([&] { return results_.all().size() == 48; }));
  EXPECT_FALSE(results_.all().contains(1));
  EXPECT_EQ(dispatcher_->health().waiting, 2U);
}

TEST_F(DispatcherTest, ALimitThatIsHardlyReachedIsNotReachedAtOnce) {
  open([](std::uint64_t, unsigned attempt) { return attempt < 3 ? ReceiverAnswer{.status = 400} : ok(); },
       {.rate = 1e-300, .give_up = {.time = std::chrono::days(999'999)}});
  add(0, "a");
  ASSERT_TRUE(eventually([&] {
    clock_.advance(24h);
    dispatcher_->go_on();
    return results_.all().contains(0);
  }));
  EXPECT_EQ(results_.all().at(0).delivery, Delivery::kDelivered);
}

TEST_F(DispatcherTest, UrgentOnesComeFirstAndUsualOnesAreNotStarved) {
  open([](std::uint64_t, unsigned) { return ok(); }, {}, 1);
  application_->hang(true);
  add(1'000, "first");
  ASSERT_TRUE(eventually([&] { return application_->busy(); }));
  for (std::uint64_t i = 0; i < 40; ++i) add(i, "usual-" + std::to_string(i));
  for (std::uint64_t i = 100; i < 160; ++i) add(i, "urgent-" + std::to_string(i), Urgency::kUrgent);
  add(200, "usual-39", Urgency::kUrgent);
  application_->hang(false);
  ASSERT_TRUE(run());
  const auto asked = application_->asked();
  const auto usual_of_first_60 =
      std::count_if(asked.begin() + 1, asked.begin() + 61, [](const auto& one) { return one.offset < 40; });
  EXPECT_GE(usual_of_first_60, 15);
  EXPECT_LE(usual_of_first_60, 20);
  const auto at = [&](std::uint64_t offset) {
    return std::ranges::find(asked, offset, &Application::Asked::offset) - asked.begin();
  };
  EXPECT_LT(at(39), at(38)) << "an urgent record makes its key urgent";
  EXPECT_LT(at(39), at(200));
}

TEST_F(DispatcherTest, KeepsTheRate) {
  open([](std::uint64_t, unsigned) { return ok(); }, {.rate = 10});
  for (std::uint64_t offset = 0; offset < 100; ++offset) add(offset, std::to_string(offset));
  std::this_thread::sleep_for(400ms);
  EXPECT_LE(application_->asked().size(), 3U) << "what two tenths of a second allow";
  clock_.advance(1s);
  dispatcher_->go_on();
  std::this_thread::sleep_for(400ms);
  EXPECT_LE(application_->asked().size(), 14U);
  EXPECT_TRUE(run());
}

TEST_F(DispatcherTest, WhatIsGoneFromTheLogIsToldAndDoesNotHoldUpItsKey) {
  open([](std::uint64_t, unsigned) { return ok(); });
  missing_ = {0};
  dispatcher_->add({{0, 0}, "key-loaded", {}, Urgency::kUsual, 0});
  dispatcher_->add({{0, 1}, "key-loaded", {}, Urgency::kUsual, 0});
  ASSERT_TRUE(run());
  EXPECT_EQ(results_.all().at(0).delivery, Delivery::kVanished);
  EXPECT_EQ(results_.all().at(1).delivery, Delivery::kDelivered);
}

TEST_F(DispatcherTest, APauseAndAnEndComeSoon) {
  open([](std::uint64_t, unsigned) { return ok(); });
  EXPECT_TRUE(dispatcher_->pause(30s));
  add(0, "a");
  std::this_thread::sleep_for(100ms);
  EXPECT_TRUE(application_->asked().empty());
  application_->hang(true);
  dispatcher_->go_on();
  ASSERT_FALSE(dispatcher_->wait_until_empty(50ms));
  const auto began = std::chrono::steady_clock::now();
  dispatcher_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - began, 20s);
  EXPECT_TRUE(results_.all().empty()) << "what was interrupted is not told";
}

TEST_F(DispatcherTest, HasRoomWithinItsBoundsForEachUrgency) {
  open([](std::uint64_t, unsigned) { return ok(); }, {.records_max = 3, .ready_max = {2, 2}});
  application_->hang(true);
  for (std::uint64_t offset = 0; offset < 2; ++offset) add(offset, std::to_string(offset));
  EXPECT_EQ(dispatcher_->room(Urgency::kUsual), 0U);
  EXPECT_EQ(dispatcher_->room(Urgency::kUrgent), 1U);
  EXPECT_EQ(dispatcher_->wait_for_room(1ms), 0U);
  application_->hang(false);
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(dispatcher_->wait_for_room(30s), 2U);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 20s) << "it is woken";
}

TEST_F(DispatcherTest, WhatFailedLeavesRoomForOthers) {
  open([](std::uint64_t offset, unsigned) { return offset < 5 ? ReceiverAnswer{.status = 400} : ok(); },
       {.records_max = 10, .ready_max = {5, 5}});
  for (std::uint64_t offset = 0; offset < 5; ++offset) add(offset, std::to_string(offset));
  EXPECT_TRUE(eventually([&] { return dispatcher_->room(Urgency::kUsual) == 5; }));
  add(5, "5");
  EXPECT_TRUE(eventually([&] { return results_.all().contains(5); }));
}

TEST_F(DispatcherTest, ARecordThatIsDroppedHoldsUpItsKeyNoLonger) {
  open([](std::uint64_t offset, unsigned) { return offset == 5 ? ReceiverAnswer{.status = 400} : ok(); }, {}, 1);
  add(5, "refused");
  add(6, "refused");
  ASSERT_TRUE(eventually([&] { return application_->asked().size() == 1; }));
  application_->hang(true);
  for (std::uint64_t offset = 0; offset < 3; ++offset) add(offset, "under way");
  ASSERT_TRUE(eventually([&] { return application_->busy(); }));
  for (const std::uint64_t offset : {5, 1, 0}) EXPECT_TRUE(dispatcher_->drop(Place{0, offset})) << offset;
  EXPECT_FALSE(dispatcher_->drop(Place{0, 99}));
  application_->hang(false);
  ASSERT_TRUE(dispatcher_->wait_until_empty(30s)) << "nothing waits for a pause";
  std::vector<std::uint64_t> told;
  for (const auto& [offset, result] : results_.all()) told.push_back(offset);
  EXPECT_THAT(told, ::testing::ElementsAre(2, 6));
  EXPECT_EQ(dispatcher_->room(Urgency::kUsual), 1'000U);
}

TEST_F(DispatcherTest, APartitionThatIsDroppedIsForgottenButForWhatIsUnderWay) {
  open([](std::uint64_t offset, unsigned) { return offset == 1 ? ReceiverAnswer{.status = 400} : ok(); }, {}, 1);
  add(1, "waits");
  add(2, "waits");
  ASSERT_TRUE(eventually([&] { return application_->asked().size() == 1; }));
  application_->hang(true);
  add(3, "under way");
  add(4, "under way");
  ASSERT_TRUE(eventually([&] { return application_->busy(); }));
  add(5, "ready");
  dispatcher_->add({{7, 6}, "other", hangup_of("other"), Urgency::kUsual, 0});
  dispatcher_->drop(0U);
  add(3, "under way");
  application_->hang(false);
  ASSERT_TRUE(run());
  std::vector<std::uint64_t> asked;
  for (const auto& one : application_->asked()) asked.push_back(one.offset);
  EXPECT_THAT(asked, ::testing::UnorderedElementsAre(1, 3, 3, 6));
  EXPECT_EQ(results_.all().size(), 2U) << "3, as it was added again, and 6";
  EXPECT_EQ(dispatcher_->health().waiting, 0U);
}

}  // namespace
}  // namespace hookledger::testing
