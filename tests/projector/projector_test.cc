#include "projector/projector.h"

#include <gmock/gmock.h>

#include "projector/projection_folder.h"
#include "tests/projector/live_log.h"

namespace hookledger {
namespace {

using ::testing::HasSubstr;
using testing::HistoryEvent;
using testing::kStart;
using testing::LiveLog;
using testing::random_history;
using namespace std::chrono_literals;

constexpr std::uint32_t kPartitions = 3;

class ProjectorTest : public ::testing::Test {
 protected:
  ProjectorTest() { open(); }

  void open() {
    projector_.reset();
    store_.reset();
    store_ = std::move(folder_->open_live(*log_, *rules_)->store);
    projector_ = std::make_unique<Projector>(Projector::Parts{*store_, *log_, *rules_, log_.clock(), log_.logger()}, 2);
  }

  std::string digest_from_scratch() {
    const auto store = CallStore::make(open_key_value_overlay({}).value(), make_shape(kPartitions, *rules_)).value();
    EXPECT_TRUE(catch_up(*store, *log_, *rules_, 1));
    return store->digest().value();
  }

  HistoryEvent event(const std::string& id) {
    return {.id = id,
            .type = "call.initiated",
            .call = "call-" + id,
            .leg = id,
            .occurred_at = kStart,
            .received_at = kStart};
  }

  LiveLog log_{kPartitions};
  std::unique_ptr<RuleSet> rules_ = built_in_rules();
  std::unique_ptr<ProjectionFolder> folder_ = ProjectionFolder::own(log_.folder().path()).value();
  std::unique_ptr<CallStore> store_;
  std::unique_ptr<Projector> projector_;
};

TEST_F(ProjectorTest, WhatIsDurableIsReadAfterSettling) {
  ASSERT_TRUE(projector_->start());
  for (int i = 0; i < 30; ++i) {
    const std::string id = std::to_string(i);
    log_.append({event(id)});
    ASSERT_TRUE(projector_->settle(partition_of("call-" + id, kPartitions), 5s));
    EXPECT_TRUE(store_->find("call-" + id).value());
  }
  ASSERT_TRUE(projector_->settle(std::nullopt, 5s));
  EXPECT_EQ(store_->digest().value(), digest_from_scratch());
  EXPECT_EQ(projector_->progress().done, 30U);
  EXPECT_EQ(projector_->progress().total, 30U);
}

TEST_F(ProjectorTest, ItIsReadyOnceTheTailIsProjected) {
  auto random = seeded_generator();
  log_.append(random_history(random, 50));
  ASSERT_TRUE(projector_->start());
  EXPECT_TRUE(projector_->settle(std::nullopt, 5s));
  EXPECT_EQ(projector_->not_ready(), std::nullopt);
  EXPECT_EQ(store_->digest().value(), digest_from_scratch());
}

TEST_F(ProjectorTest, AStoppedProjectorLeavesNothingToFold) {
  auto random = seeded_generator();
  ASSERT_TRUE(projector_->start());
  log_.append(random_history(random, 20));
  ASSERT_TRUE(projector_->settle(std::nullopt, 5s));
  projector_->stop();
  const std::string digest = store_->digest().value();
  open();
  ASSERT_TRUE(projector_->start());
  EXPECT_EQ(projector_->progress().total, 0U);
  EXPECT_EQ(projector_->not_ready(), std::nullopt);
  EXPECT_EQ(store_->digest().value(), digest);
}

TEST_F(ProjectorTest, AKilledOneFoldsTheUnflushedTailAgain) {
  auto random = seeded_generator();
  ASSERT_TRUE(projector_->start());
  log_.append(random_history(random, 20));
  ASSERT_TRUE(projector_->settle(std::nullopt, 5s));
  open();
  EXPECT_EQ(store_->covered(0).value(), 0U);
  ASSERT_TRUE(projector_->start());
  ASSERT_TRUE(projector_->settle(std::nullopt, 5s));
  EXPECT_EQ(store_->digest().value(), digest_from_scratch());
}

TEST_F(ProjectorTest, StateIsFlushedAsTimeGoesBy) {
  ASSERT_TRUE(projector_->start());
  log_.append({event("1")});
  ASSERT_TRUE(projector_->settle(std::nullopt, 5s));
  log_.clock().advance(31s);
  for (int i = 0; i < 500; ++i) {
    const auto flushed = CallStore::make(open_key_value_overlay(live_store_folder(log_.folder().path())).value(),
                                         make_shape(kPartitions, *rules_));
    if (flushed && (*flushed)->find("call-1").value()) return;
    std::this_thread::sleep_for(10ms);
  }
  FAIL() << "not flushed";
}

TEST_F(ProjectorTest, ADamagedRecordStopsItsPartitionAndIsReported) {
  log_.append({event("1")});
  const std::uint32_t damaged = partition_of("call-1", kPartitions);
  log_.append_damaged(damaged);
  log_.append({event("1b")});
  ASSERT_TRUE(projector_->start());
  const auto began = std::chrono::steady_clock::now();
  EXPECT_FALSE(projector_->wait_until(damaged, 2, 20s));
  EXPECT_LT(std::chrono::steady_clock::now() - began, 15s);
  EXPECT_EQ(projector_->projected(damaged), 1U);
  EXPECT_THAT(projector_->not_ready().value_or(""), HasSubstr(std::to_string(damaged) + "/1"));
  EXPECT_TRUE(store_->find("call-1").value());
  for (std::uint32_t other = 0; other < kPartitions; ++other) {
    EXPECT_EQ(projector_->settle(other, 5s), other != damaged);
  }
}

TEST_F(ProjectorTest, WaitingEndsAtItsTimeout) {
  ASSERT_TRUE(projector_->start());
  EXPECT_FALSE(projector_->wait_until(0, 1, 20ms));
  EXPECT_TRUE(projector_->wait_until(0, 0, 0ms));
}

}  // namespace
}  // namespace hookledger
