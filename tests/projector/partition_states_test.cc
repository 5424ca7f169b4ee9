#include "projector/partition_states.h"

#include <atomic>
#include <filesystem>
#include <gmock/gmock.h>

#include "projector/rules/built_in_rules.h"
#include "tests/projector/live_log.h"

namespace hookledger {
namespace {

using ::testing::HasSubstr;
using testing::random_history;
using Role = PartitionStates::Role;
using namespace std::chrono_literals;

constexpr std::uint32_t kPartitions = 4;

class PartitionStatesTest : public ::testing::Test {
 protected:
  PartitionStatesTest() {
    auto random = seeded_generator();
    log_.append(random_history(random, 60));
    open();
  }

  void open() {
    states_.reset();
    states_ = std::make_unique<PartitionStates>(log_.folder().path(),
                                                Projection::Parts{*log_, *rules_, log_.clock(), log_.logger()});
  }

  std::vector<std::uint32_t> owned() {
    std::vector<std::uint32_t> partitions;
    for (const auto& state : states_->owned()) partitions.push_back(state->partitions().front());
    return partitions;
  }

  /// Of a partition that is open.
  std::shared_ptr<Projection> projection(std::uint32_t partition) {
    for (auto& one : states_->all()) {
      if (one->partitions().front() == partition) return one;
    }
    return nullptr;
  }

  std::string digest(std::uint32_t partition) {
    const auto it = projection(partition);
    EXPECT_TRUE(it->settle({}, 5s));
    return it->store().digest().value();
  }

  std::string digest_from_scratch(std::uint32_t partition) {
    const auto store = CallStore::make(open_key_value_overlay({}).value(), make_shape(kPartitions, *rules_)).value();
    Folding folding(*store, *rules_);
    EXPECT_TRUE(fold_partition(folding, *store, *log_, partition, 0, log_->end(partition), [](auto) { return true; }));
    return store->digest().value();
  }

  testing::LiveLog log_{kPartitions};
  std::unique_ptr<RuleSet> rules_ = built_in_rules();
  std::unique_ptr<PartitionStates> states_;
};

TEST_F(PartitionStatesTest, EachPartitionIsAStateOfItsOwn) {
  for (const std::uint32_t partition : {2U, 0U}) ASSERT_TRUE(states_->take(partition, Role::kOwner));
  EXPECT_EQ(owned(), (std::vector<std::uint32_t>{0, 2}));
  for (const std::uint32_t partition : {0U, 2U}) EXPECT_EQ(digest(partition), digest_from_scratch(partition));
  EXPECT_EQ(states_->not_ready(), std::nullopt);
  EXPECT_TRUE(std::filesystem::exists(log_.folder() / "partition-2/projection/CURRENT"));
  EXPECT_FALSE(std::filesystem::exists(log_.folder() / "partition-1"));
}

TEST_F(PartitionStatesTest, WhatIsTakenAgainIsFoldedOnFromWhereItWas) {
  ASSERT_TRUE(states_->take(1, Role::kOwner));
  const std::string before = digest(1);
  states_->let_go({1});
  EXPECT_TRUE(owned().empty());
  ASSERT_TRUE(states_->take(1, Role::kOwner));
  EXPECT_EQ(projection(1)->projector().progress().total, 0U);
  EXPECT_EQ(digest(1), before);

  ASSERT_TRUE(projection(1)->settle({}, 5s));
  open();
  auto random = seeded_generator();
  log_.append(random_history(random, 80));
  ASSERT_TRUE(states_->take(1, Role::kOwner));
  EXPECT_EQ(digest(1), digest_from_scratch(1));
  EXPECT_LT(projection(1)->projector().progress().total, log_->end(1));
}

TEST_F(PartitionStatesTest, AStandbyIsFoldedAndNotAnsweredForAndBecomesOwnerAtOnce) {
  ASSERT_TRUE(states_->take(3, Role::kStandby));
  EXPECT_TRUE(owned().empty());
  EXPECT_EQ(digest(3), digest_from_scratch(3));
  const auto warm = projection(3);
  ASSERT_TRUE(states_->take(3, Role::kOwner));
  EXPECT_EQ(owned(), std::vector<std::uint32_t>{3});
  EXPECT_EQ(projection(3), warm);
  ASSERT_TRUE(states_->take(3, Role::kStandby));
  EXPECT_TRUE(owned().empty());
  EXPECT_EQ(projection(3), warm);
}

TEST_F(PartitionStatesTest, WhatIsInUseIsClosedAfterItsLastUse) {
  ASSERT_TRUE(states_->take(0, Role::kOwner));
  auto held = states_->owned().front();
  ASSERT_TRUE(held->settle({}, 5s));
  std::atomic<bool> closed = false;
  std::jthread leaver([&] {
    states_->let_go({0});
    closed = true;
  });
  while (!owned().empty()) std::this_thread::yield();
  std::this_thread::sleep_for(200ms);
  EXPECT_FALSE(closed);
  EXPECT_TRUE(held->queries().calls({}, {}, testing::kStart));
  EXPECT_EQ(Projection::open({.data_dir = log_.folder() / "partition-0", .partitions = {0}},
                             {*log_, *rules_, log_.clock(), log_.logger()})
                .error()
                .code,
            ErrorCode::kInUse);
  held.reset();
  leaver.join();
  EXPECT_TRUE(closed);
  EXPECT_TRUE(states_->take(0, Role::kOwner));
}

TEST_F(PartitionStatesTest, WhatCannotBeOpenedIsNamedAndOpenedLater) {
  {
    const auto other = ProjectionFolder::own(log_.folder() / "partition-2").value();
    EXPECT_EQ(states_->take(2, Role::kOwner).error().code, ErrorCode::kInUse);
    states_->try_again();
    bool all = true;
    EXPECT_TRUE(states_->owned(&all).empty());
    EXPECT_FALSE(all);
    EXPECT_THAT(states_->not_ready().value_or(""), HasSubstr("partition 2: the projection in"));
  }
  states_->try_again();
  bool all = false;
  EXPECT_EQ(states_->owned(&all).size(), 1u);
  EXPECT_TRUE(all);
  EXPECT_EQ(digest(2), digest_from_scratch(2));
  EXPECT_EQ(states_->not_ready(), std::nullopt);
}

TEST_F(PartitionStatesTest, OtherRulesAreFollowedWhileRolesStayAndChange) {
  for (const std::uint32_t partition : {0U, 1U, 2U}) ASSERT_TRUE(states_->take(partition, Role::kOwner));
  const std::string before = digest(1);
  states_->close_all();
  EXPECT_TRUE(states_->all().empty());
  EXPECT_THAT(states_->not_ready().value_or(""), HasSubstr("partition 1: the past is evaluated"));
  ASSERT_TRUE(states_->take(3, Role::kOwner));
  states_->let_go({0});
  states_->try_again();
  EXPECT_TRUE(states_->all().empty()) << "nothing is opened before it is said";
  const RuleSet none(std::vector<rules::RuleSpec>{});
  states_->open_all({*log_, none, log_.clock(), log_.logger()});
  EXPECT_EQ(owned(), (std::vector<std::uint32_t>{1, 2, 3}));
  EXPECT_EQ(digest(1), before);
  EXPECT_EQ(projection(1)->store().rules().value(), none.fingerprint());
  states_.reset();
}

TEST_F(PartitionStatesTest, ReadinessNamesThePartitionAndWhatItWaitsFor) {
  std::uint32_t damaged = 1;
  log_.append_damaged(damaged);
  for (const std::uint32_t partition : {0U, 1U}) ASSERT_TRUE(states_->take(partition, Role::kOwner));
  while (states_->not_ready().value_or("partition 0").find("partition 0") != std::string::npos) {
    std::this_thread::sleep_for(1ms);
  }
  EXPECT_FALSE(projection(1)->settle({}, 5s));
  EXPECT_THAT(states_->not_ready().value_or(""), ::testing::StartsWith("partition 1: "));
  ASSERT_TRUE(states_->take(1, Role::kStandby));
  EXPECT_EQ(states_->not_ready(), std::nullopt);
}

TEST_F(PartitionStatesTest, ReadsGoOnWhilePartitionsComeAndGo) {
  std::atomic<bool> stop = false;
  std::atomic<std::size_t> reads = 0;
  std::vector<std::jthread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!stop) {
        for (const auto& state : states_->owned()) {
          state->settle({}, 10ms);
          EXPECT_TRUE(state->queries().calls({}, {}, testing::kStart));
          ++reads;
        }
        states_->not_ready();
        states_->progress();
      }
    });
  }
  auto random = seeded_generator();
  for (int i = 0; i < 40; ++i) {
    const auto partition = static_cast<std::uint32_t>(random_below(random, kPartitions));
    switch (random_below(random, 3)) {
      case 0: ASSERT_TRUE(states_->take(partition, Role::kOwner)); break;
      case 1: ASSERT_TRUE(states_->take(partition, Role::kStandby)); break;
      default: states_->let_go({partition, (partition + 1) % kPartitions});
    }
  }
  for (std::uint32_t partition = 0; partition < kPartitions; ++partition) {
    ASSERT_TRUE(states_->take(partition, Role::kOwner));
    EXPECT_EQ(digest(partition), digest_from_scratch(partition));
  }
  stop = true;
  readers.clear();
  EXPECT_GT(reads, 0U);
}

}  // namespace
}  // namespace hookledger
