#include "projector/projector.h"

#include <atomic>
#include <gmock/gmock.h>

#include "projector/projection_folder.h"
#include "projector/rules/built_in_rules.h"
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

/// A log where every look at an end costs something, as on brokers.
class CountingLog : public hookledger::LiveLog {
 public:
  explicit CountingLog(EventLog& log) : asked(log.partitions()), log_(log) {}
  std::uint32_t partitions() const override { return log_.partitions(); }
  std::uint64_t first(std::uint32_t partition) const override { return log_.first(partition); }
  std::uint64_t end(std::uint32_t partition) const override {
    ++asked[partition];
    return reached ? log_.end(partition) : 0;
  }
  Result<std::uint64_t> ask_end(std::uint32_t partition, std::chrono::milliseconds) const override {
    const std::uint64_t known = end(partition);
    if (!reached) return Error{ErrorCode::kUnavailable, "no broker"};
    return known;
  }
  Result<StoredRecord> read(Place place) const override { return log_.read(place); }
  std::unique_ptr<LogCursor> scan(std::uint32_t partition, std::uint64_t from) const override {
    struct NoCursor : LogCursor {
      Result<bool> next() override { return Error{ErrorCode::kUnavailable, "no broker"}; }
      Place place() const override { return {}; }
      std::string_view bytes() const override { return {}; }
    };
    if (!reached || fail_scans-- > 0) return std::make_unique<NoCursor>();
    return log_.scan(partition, from);
  }
  std::optional<Ed25519Key> find_key(std::string_view id) const override { return log_.find_key(id); }
  std::uint64_t wait_for_change(std::uint64_t seen, std::chrono::milliseconds timeout) override {
    return log_.wait_for_change(seen, timeout);
  }

  mutable std::vector<std::atomic<int>> asked;  ///< For the end, by partition.
  std::atomic<bool> reached = true;
  mutable std::atomic<int> fail_scans = 0;  ///< How many.

 private:
  EventLog& log_;
};

class ProjectorTest : public ::testing::Test {
 protected:
  ProjectorTest() { open(); }

  void open() {
    projector_.reset();
    store_.reset();
    store_ = std::move(folder_->open_live(*log_, *rules_)->store);
    projector_ = std::make_unique<Projector>(Projector::Parts{*store_, *log_, *rules_, log_.clock(), log_.logger()}, 2);
  }

  std::string digest_from_scratch(const std::vector<std::uint32_t>& partitions = {0, 1, 2}) {
    const auto store = CallStore::make(open_key_value_overlay({}).value(), make_shape(kPartitions, *rules_)).value();
    Folding folding(*store, *rules_);
    for (const std::uint32_t partition : partitions) {
      EXPECT_TRUE(
          fold_partition(folding, *store, *log_, partition, 0, log_->end(partition), [](auto) { return true; }));
    }
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

TEST_F(ProjectorTest, OneOfSomePartitionsSpeaksOfThoseAlone) {
  auto random = seeded_generator();
  log_.append(random_history(random, 50));
  log_.append_damaged(1);
  CountingLog log(*log_);
  Projector some({*store_, log, *rules_, log_.clock(), log_.logger()}, 4, {0, 2});
  ASSERT_TRUE(some.start());
  EXPECT_TRUE(some.settle(std::nullopt, 5s));
  EXPECT_EQ(some.not_ready(), std::nullopt);
  EXPECT_EQ(some.progress().done, log_->end(0) + log_->end(2));
  EXPECT_EQ(some.progress().total, log_->end(0) + log_->end(2));
  EXPECT_EQ(store_->digest().value(), digest_from_scratch({0, 2}));
  EXPECT_EQ(store_->covered(1).value(), 0U);
  EXPECT_EQ(log.asked[1], 0);
}

TEST_F(ProjectorTest, ALogThatDoesNotChangeIsNotAsked) {
  log_.append({event("1")});
  CountingLog log(*log_);
  Projector idle({*store_, log, *rules_, log_.clock(), log_.logger()}, 1);
  ASSERT_TRUE(idle.start());
  ASSERT_TRUE(idle.settle(std::nullopt, 5s));
  std::this_thread::sleep_for(300ms);
  const int asked = log.asked[0];
  std::this_thread::sleep_for(500ms);
  EXPECT_EQ(log.asked[0], asked);
  log_.append({event("2")});
  ASSERT_TRUE(idle.settle(std::nullopt, 5s));
  EXPECT_GT(log.asked[0], asked);
}

TEST_F(ProjectorTest, ALogThatCouldNotBeReadIsReadAgainWithoutAChange) {
  log_.append({event("1")});
  CountingLog log(*log_);
  log.fail_scans = 2;  // Once at first and once after the change that a log begins with.
  Projector again({*store_, log, *rules_, log_.clock(), log_.logger()}, 1);
  ASSERT_TRUE(again.start());
  const std::uint32_t partition = partition_of("call-1", kPartitions);
  for (int i = 0; i < 500 && again.projected(partition) == 0; ++i) std::this_thread::sleep_for(10ms);
  EXPECT_EQ(again.projected(partition), 1U);
  EXPECT_EQ(again.not_ready(), std::nullopt);
}

TEST_F(ProjectorTest, WhileTheEndCannotBeToldNothingIsSettled) {
  CountingLog log(*log_);
  Projector away({*store_, log, *rules_, log_.clock(), log_.logger()}, 1);
  ASSERT_TRUE(away.start());
  ASSERT_TRUE(away.settle(std::nullopt, 5s));
  log.reached = false;
  log_.append({event("1")});
  EXPECT_FALSE(away.settle(std::nullopt, 100ms));
  const std::uint32_t partition = partition_of("call-1", kPartitions);
  for (int i = 0; i < 500 && !away.not_ready(); ++i) std::this_thread::sleep_for(10ms);
  EXPECT_EQ(away.not_ready(), "no broker");
  log.reached = true;
  for (int i = 0; i < 500 && away.projected(partition) == 0; ++i) std::this_thread::sleep_for(10ms);
  EXPECT_EQ(away.projected(partition), 1U) << "without a further change";
}

TEST_F(ProjectorTest, AStateIsNotThrownAwayForALogThatCannotBeReached) {
  ASSERT_TRUE(projector_->start());
  log_.append({event("1")});
  ASSERT_TRUE(projector_->settle(std::nullopt, 5s));
  projector_.reset();
  ASSERT_TRUE(store_->flush());
  store_.reset();
  CountingLog log(*log_);
  log.reached = false;
  EXPECT_EQ(folder_->open_live(log, *rules_).error().code, ErrorCode::kUnavailable);
  const std::uint32_t partition = partition_of("call-1", kPartitions);
  log.reached = true;
  const auto live = folder_->open_live(log, *rules_).value();
  EXPECT_EQ(live.discarded, "");
  EXPECT_EQ(live.store->covered(partition).value(), 1U);
  for (std::uint32_t other = 0; other < kPartitions; ++other) EXPECT_EQ(log.asked[other] > 0, other == partition);
}

TEST_F(ProjectorTest, WaitingEndsAtItsTimeout) {
  ASSERT_TRUE(projector_->start());
  EXPECT_FALSE(projector_->wait_until(0, 1, 20ms));
  EXPECT_TRUE(projector_->wait_until(0, 0, 0ms));
}

}  // namespace
}  // namespace hookledger
