#include "projector/folding.h"

#include <gmock/gmock.h>
#include <map>
#include <set>

#include "projector/fold.h"
#include "projector/rules/built_in_rules.h"
#include "tests/projector/history.h"
#include "tests/support/memory_log.h"
#include "tests/support/temporary_folder.h"

namespace hookledger {
namespace {

using testing::HistoryEvent;
using testing::MemoryLog;
using testing::random_history;
using testing::TemporaryFolder;

constexpr std::uint32_t kPartitions = 3;

std::unique_ptr<CallStore> open_store(const std::string& folder, const RuleSet& rules) {
  return CallStore::make(open_key_value(folder).value(), make_shape(kPartitions, rules)).value();
}

std::unique_ptr<CallStore> open_overlay(const std::string& folder, const RuleSet& rules) {
  return CallStore::make(open_key_value_overlay(folder).value(), make_shape(kPartitions, rules)).value();
}

std::map<std::string, std::string> everything(const CallStore& store) {
  std::map<std::string, std::string> all;
  const auto scan = store.bytes().scan("", "\xff");
  while (scan->next().value()) all.emplace(scan->key(), scan->value());
  return all;
}

/// Index entries as they are, against those that the calls give from scratch.
void expect_index_is_exact(const CallStore& store, const RuleSet& rules) {
  std::set<std::string> expected, found;
  for (const auto& [key, value] : everything(store)) {
    if (key[0] == 'M' || key[0] == 'O' || key[0] == 'R') continue;
    if (!state_key::is_call(key)) {
      EXPECT_TRUE(value.empty());
      found.insert(key);
      continue;
    }
    const auto facts = CallFacts::decode(std::string_view(key).substr(1), value).value();
    KeyList keys;
    index_entries(facts, rules, keys);
    for (const std::string_view entry : keys.sorted()) expected.emplace(entry);
  }
  EXPECT_EQ(found, expected);
}

MemoryLog make_log(const std::vector<HistoryEvent>& history) {
  MemoryLog log(kPartitions);
  for (const HistoryEvent& event : history) event.with_record([&](const RecordView& record) { log.append(record); });
  return log;
}

class FoldingTest : public ::testing::Test {
 protected:
  /// What one fold of the whole log gives.
  std::map<std::string, std::string> folded_at_once(const LogReader& log) {
    const auto store = open_overlay({}, *rules_);
    EXPECT_TRUE(catch_up(*store, log, *rules_, 1));
    return everything(*store);
  }

  /// Folds a few records of a partition in one batch.
  void fold_some(CallStore& store, const LogReader& log, std::uint32_t partition, std::uint64_t count) {
    Folding folding(store, *rules_);
    std::uint64_t at = store.covered(partition).value();
    const auto cursor = log.scan(partition, at);
    for (; count > 0 && cursor->next().value(); --count) {
      ASSERT_TRUE(folding.add(cursor->place(), cursor->bytes()));
      at = cursor->place().offset + 1;
    }
    ASSERT_TRUE(folding.commit(partition, at));
  }

  bool covers(const CallStore& store, const LogReader& log) {
    for (std::uint32_t partition = 0; partition < kPartitions; ++partition) {
      if (store.covered(partition).value() < log.end(partition)) return false;
    }
    return true;
  }

  TemporaryFolder folder_;
  std::unique_ptr<RuleSet> rules_ = built_in_rules();
};

TEST_F(FoldingTest, AnyBatchesWithCrashesBetweenGiveTheStateOfOneFold) {
  auto random = seeded_generator();
  for (int round = 0; round < 3; ++round) {
    const MemoryLog log = make_log(random_history(random, 40));
    const std::string folder = folder_ / std::to_string(round);
    auto store = open_store(folder, *rules_);
    for (int step = 0; !covers(*store, log); ++step) {
      fold_some(*store, log, static_cast<std::uint32_t>(random_below(random, kPartitions)),
                1 + random_below(random, 30));
      if (step % 8 == 0) expect_index_is_exact(*store, *rules_);
      switch (random_below(random, 20)) {
        case 0: ASSERT_TRUE(store->flush()); break;
        case 1:  // What was not flushed is lost, as in a crash.
          store.reset();
          store = open_store(folder, *rules_);
          expect_index_is_exact(*store, *rules_);
          break;
        case 2: {  // A command folds the tail on top of what was flushed, and changes nothing.
          const auto overlay = open_overlay(folder, *rules_);
          ASSERT_TRUE(catch_up(*overlay, log, *rules_, 1));
          EXPECT_EQ(everything(*overlay), folded_at_once(log));
          break;
        }
        default: break;
      }
    }
    EXPECT_EQ(everything(*store), folded_at_once(log));
    const auto overlay = open_overlay({}, *rules_);
    ASSERT_TRUE(catch_up(*overlay, log, *rules_, 1));
    EXPECT_EQ(store->digest().value(), overlay->digest().value());
  }
}

TEST_F(FoldingTest, ThreadsGiveTheSameAndProgressEndsAtTheTotal) {
  auto random = seeded_generator();
  const MemoryLog log = make_log(random_history(random, 60));
  const auto store = open_store(folder_ / "store", *rules_);
  FoldProgress last;
  ASSERT_TRUE(catch_up(*store, log, *rules_, 8, [&](const FoldProgress& progress) { last = progress; }));
  EXPECT_EQ(everything(*store), folded_at_once(log));
  EXPECT_EQ(last.done, last.total);
  EXPECT_EQ(last.total, log.end(0) + log.end(1) + log.end(2));
}

TEST_F(FoldingTest, FoldingARecordAgainChangesNothing) {
  auto random = seeded_generator();
  const MemoryLog log = make_log(random_history(random, 20));
  const auto store = open_store(folder_ / "store", *rules_);
  ASSERT_TRUE(catch_up(*store, log, *rules_, 1));
  const auto before = everything(*store);
  Folding folding(*store, *rules_);
  ASSERT_TRUE(fold_partition(folding, *store, log, 0, 0, log.end(0), [](std::uint64_t) { return true; }));
  EXPECT_EQ(everything(*store), before);
}

TEST_F(FoldingTest, ADamagedRecordStopsItsPartitionAfterWhatStandsBeforeIt) {
  auto random = seeded_generator();
  MemoryLog log = make_log(random_history(random, 40));
  const Place damaged{1, log.end(1) / 2};
  log.replace(damaged, "damaged");
  const auto store = open_store(folder_ / "store", *rules_);
  const auto folded = catch_up(*store, log, *rules_, 2);
  ASSERT_FALSE(folded);
  EXPECT_EQ(folded.error().code, ErrorCode::kCorruption);
  EXPECT_THAT(folded.error().detail, ::testing::HasSubstr("1/" + std::to_string(damaged.offset)));
  EXPECT_EQ(store->covered(0).value(), log.end(0));
  EXPECT_EQ(store->covered(1).value(), damaged.offset);
  EXPECT_EQ(store->covered(2).value(), log.end(2));
  expect_index_is_exact(*store, *rules_);
}

TEST_F(FoldingTest, UnrecognisedRecordsAndThoseOfNoCallAreCoveredAlone) {
  MemoryLog log(kPartitions);
  for (const bool in_call : {false, true}) {
    RecordView record;
    record.id = record.key = "blake2b:1";
    record.source = "telnyx";
    record.type = kUnrecognisedType;
    record.body = "not json";
    record.in_call = in_call;
    log.append(record);
  }
  const auto store = open_store(folder_ / "store", *rules_);
  ASSERT_TRUE(catch_up(*store, log, *rules_, 1));
  const std::uint32_t partition = partition_of("blake2b:1", kPartitions);
  EXPECT_EQ(store->covered(partition).value(), 2U);
  EXPECT_FALSE(store->find("blake2b:1").value());
}

TEST_F(FoldingTest, GapsThatRetentionLeftAreCovered) {
  auto random = seeded_generator();
  MemoryLog log = make_log(random_history(random, 10));
  for (std::uint64_t offset = 0; offset < log.end(0); ++offset) log.lose({0, offset});
  const auto store = open_store(folder_ / "store", *rules_);
  ASSERT_TRUE(catch_up(*store, log, *rules_, 1));
  EXPECT_EQ(store->covered(0).value(), log.end(0));
}

TEST_F(FoldingTest, AnOverlayLeavesTheFilesAsTheyAre) {
  auto random = seeded_generator();
  const MemoryLog log = make_log(random_history(random, 10));
  const std::string folder = folder_ / "store";
  auto store = open_store(folder, *rules_);
  ASSERT_TRUE(store->flush());
  const auto files = [&] {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) names.insert(entry.path().filename());
    return names;
  };
  const auto before = files();
  {
    const auto overlay = open_overlay(folder, *rules_);
    ASSERT_TRUE(catch_up(*overlay, log, *rules_, 1));
    EXPECT_NE(overlay->digest().value(), store->digest().value());
  }
  EXPECT_EQ(files(), before);
}

TEST_F(FoldingTest, AStoreIsRefusedForAnotherShape) {
  open_store(folder_ / "store", *rules_)->flush().value();
  const auto refused = [&](const StoreShape& shape) {
    const auto made = CallStore::make(open_key_value(folder_ / "store").value(), shape);
    return !made && made.error().code == ErrorCode::kInvalid;
  };
  EXPECT_TRUE(refused(make_shape(kPartitions + 1, *rules_)));
  EXPECT_FALSE(refused(make_shape(kPartitions, *built_in_rules({.expect_recordings = true}))))
      << "rules can be changed";
  EXPECT_FALSE(refused(make_shape(kPartitions, *rules_)));
}

}  // namespace
}  // namespace hookledger
