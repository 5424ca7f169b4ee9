#include "projector/retention.h"

#include <gmock/gmock.h>
#include <set>

#include "projector/folding.h"
#include "projector/rules/built_in_rules.h"
#include "tests/projector/live_log.h"

namespace hookledger {
namespace {

using testing::HistoryEvent;
using testing::kStart;
using testing::LiveLog;
using testing::random_history;
using namespace std::chrono_literals;

constexpr std::uint32_t kPartitions = 3;

/// Passes on to another log.
class Wrapped : public EventLog {
 public:
  explicit Wrapped(EventLog& log) : log_(log) {}
  Result<void> remove(std::uint32_t partition, std::span<const OffsetRange> ranges) override {
    return log_.remove(partition, ranges);
  }
  Result<void> submit(std::span<Append> appends) override { return log_.submit(appends); }
  Result<void> remember_key(const Ed25519PublicKey& key) override { return log_.remember_key(key); }
  LogHealth health() const override { return log_.health(); }
  LogStatistics statistics() const override { return log_.statistics(); }
  Result<std::uint64_t> ask_end(std::uint32_t partition, std::chrono::milliseconds timeout) const override {
    return log_.ask_end(partition, timeout);
  }
  std::uint64_t wait_for_change(std::uint64_t seen, std::chrono::milliseconds timeout) override {
    return log_.wait_for_change(seen, timeout);
  }
  void stop() override {}
  std::uint32_t partitions() const override { return log_.partitions(); }
  std::uint64_t first(std::uint32_t partition) const override { return log_.first(partition); }
  std::uint64_t end(std::uint32_t partition) const override { return log_.end(partition); }
  Result<StoredRecord> read(Place place) const override { return log_.read(place); }
  std::unique_ptr<LogCursor> scan(std::uint32_t partition, std::uint64_t from) const override {
    return log_.scan(partition, from);
  }
  std::optional<Ed25519Key> find_key(std::string_view key_id) const override { return log_.find_key(key_id); }

 private:
  EventLog& log_;
};

/// Fails one removal, as a crash between state and log would.
class CutShort : public Wrapped {
 public:
  CutShort(EventLog& log, int removals) : Wrapped(log), removals_(removals) {}
  Result<void> remove(std::uint32_t partition, std::span<const OffsetRange> ranges) override {
    if (removals_-- == 0) return Error{ErrorCode::kUnavailable, "cut short"};
    return Wrapped::remove(partition, ranges);
  }

 private:
  int removals_;
};

/// Says that all records are on disk, and that removal does not give back a byte.
class OnDisk : public Wrapped {
 public:
  explicit OnDisk(EventLog& log) : Wrapped(log) {
    for (std::uint32_t partition = 0; partition < log.partitions(); ++partition) {
      for (const auto cursor = log.scan(partition, 0); cursor->next().value();) bytes_ += cursor->bytes().size();
    }
  }
  LogStatistics statistics() const override { return {.bytes_on_disk = bytes_, .append_queue_records = 0}; }

 private:
  std::uint64_t bytes_ = 0;
};

class RetentionTest : public ::testing::Test {
 protected:
  std::unique_ptr<CallStore> empty_store() {
    return CallStore::make(open_key_value_overlay({}).value(), make_shape(kPartitions, *rules_)).value();
  }

  void fold(CallStore& store) { ASSERT_TRUE(catch_up(store, *log_, *rules_, 1)); }

  /// Everything but covered offsets: those of an emptied partition differ.
  static std::set<std::string> keys(const CallStore& store) {
    std::set<std::string> all;
    const auto scan = store.bytes().scan("", "\xff");
    while (scan->next().value()) {
      if (scan->key()[0] != 'O') all.insert(std::string(scan->key()));
    }
    return all;
  }

  void expect_rebuild_equals_live() {
    const auto rebuilt = empty_store();
    fold(*rebuilt);
    EXPECT_EQ(rebuilt->digest().value(), store_->digest().value());
    EXPECT_EQ(keys(*rebuilt), keys(*store_));
  }

  std::size_t count_records() {
    std::size_t records = 0;
    for (std::uint32_t partition = 0; partition < kPartitions; ++partition) {
      for (const auto cursor = log_->scan(partition, 0); cursor->next().value();) ++records;
    }
    return records;
  }

  Result<RetentionDone> apply(const RetentionLimits& limits, Time now) {
    return apply_retention(limits, *store_, *log_, *rules_, now, [] { return true; });
  }

  LiveLog log_{kPartitions};
  std::unique_ptr<RuleSet> rules_ = built_in_rules();
  std::unique_ptr<CallStore> store_ = empty_store();
};

std::vector<HistoryEvent> by_arrival(std::vector<HistoryEvent> history) {
  std::stable_sort(history.begin(), history.end(),
                   [](const HistoryEvent& a, const HistoryEvent& b) { return a.received_at < b.received_at; });
  return history;
}

TEST_F(RetentionTest, WholeCallsGoWhenTheirNewestRecordIsOldAndRebuildEqualsLive) {
  auto random = seeded_generator();
  log_.append(by_arrival(random_history(random, 60)));
  fold(*store_);
  std::uint64_t calls = 0, records = 0;
  const std::size_t all = count_records();
  for (int second = 0; second <= 60; second += 3) {
    const Time now = kStart + 1h + std::chrono::seconds(second);
    std::set<std::string> expected;
    ASSERT_TRUE(store_->for_each([&](std::string_view id, std::string_view bytes) {
      const auto facts = CallFacts::decode(id, bytes).value();
      for (const EventFact& event : facts.events()) {
        if (event.received_at >= now - 1h) expected.emplace(id);
      }
      return true;
    }));
    const auto done = apply({.age = 1h, .bytes = {}}, now);
    ASSERT_TRUE(done);
    calls += done->calls;
    records += done->records;
    std::set<std::string> left;
    ASSERT_TRUE(store_->for_each([&](std::string_view id, std::string_view) { return left.emplace(id).second; }));
    EXPECT_EQ(left, expected);
    expect_rebuild_equals_live();
    EXPECT_EQ(count_records() + records, all);
  }
  EXPECT_EQ(calls, 60U);
  EXPECT_EQ(count_records(), 0U);
}

TEST_F(RetentionTest, ACallThatSpeaksAgainStays) {
  const HistoryEvent old{
      .id = "1", .type = "call.initiated", .call = "c", .leg = "l", .occurred_at = kStart, .received_at = kStart};
  HistoryEvent late = old;
  late.id = "2";
  late.received_at = kStart + 2h;
  log_.append({old, late});
  fold(*store_);
  EXPECT_EQ(apply({.age = 1h, .bytes = {}}, kStart + 2h).value().records, 0U);
  EXPECT_EQ(apply({.age = 1h, .bytes = {}}, kStart + 3h).value().records, 0U);
  EXPECT_EQ(apply({.age = 1h, .bytes = {}}, kStart + 3h + 1us).value().records, 2U);
}

TEST_F(RetentionTest, WhatIsNotProjectedStays) {
  auto random = seeded_generator();
  log_.append(random_history(random, 10));
  EXPECT_EQ(apply({.age = 1h, .bytes = {}}, kStart + 100h).value().records, 0U);
}

TEST_F(RetentionTest, CutShortAnywhereTheRestGoesNextTime) {
  auto random = seeded_generator();
  for (int removals = 0; removals < static_cast<int>(kPartitions); ++removals) {
    auto history = by_arrival(random_history(random, 20));
    for (HistoryEvent& event : history) event.id += std::to_string(removals);
    log_.append(history);
    fold(*store_);
    CutShort cut(*log_, removals);
    EXPECT_FALSE(apply_retention({.age = 1h, .bytes = {}}, *store_, cut, *rules_, kStart + 2h, [] { return true; }));
    // A call that was removed before its records were gets a new event meanwhile.
    HistoryEvent again = history.back();
    again.id += "-again";
    again.received_at = kStart + 3h;
    log_.append({again});
    fold(*store_);
    ASSERT_TRUE(apply({.age = 1h, .bytes = {}}, kStart + 2h));
    expect_rebuild_equals_live();
    ASSERT_TRUE(apply({.age = 1h, .bytes = {}}, kStart + 5h));
    EXPECT_EQ(count_records(), 0U);
  }
}

TEST_F(RetentionTest, BySizeTheOldestGoFirst) {
  auto random = seeded_generator();
  log_.append(by_arrival(random_history(random, 300)));
  fold(*store_);
  const std::size_t before = count_records();
  EXPECT_EQ(apply({.age = {}, .bytes = 1 << 30}, kStart + 1h).value().records, 0U);
  OnDisk log(*log_);
  const std::uint64_t limit = log.statistics().bytes_on_disk / 2;
  ASSERT_TRUE(apply_retention({.age = {}, .bytes = limit}, *store_, log, *rules_, kStart + 1h, [] { return true; }));
  EXPECT_LT(count_records(), before * 11 / 20);
  EXPECT_GT(count_records(), before * 7 / 20);
  expect_rebuild_equals_live();
}

}  // namespace
}  // namespace hookledger
