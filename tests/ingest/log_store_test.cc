// What the log keeps on disk beside its records, and for how long.

#include "ingest/log/log_store.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <gmock/gmock.h>
#include <set>
#include <thread>

#include "tests/ingest/test_log.h"

namespace hookledger::testing {
namespace {

class Store : public ::testing::Test {
 protected:
  Store() { open(); }

  void open() {
    store_.reset();
    store_ = LogStore::open({.path = folder_ / "log", .partitions = kPartitions}, clock_).value();
  }
  /// Two records, in a table of their own. Tables overlap, so that they are merged rather than moved.
  void write(const std::string& id) {
    const std::string record = to_record({.id = id}), last = "~" + id;
    const LogStore::Commit commit{.records = {{{0, next_}, record, id}, {{0, next_ + 1}, record, last}},
                                  .deliveries = {},
                                  .appended_at = clock_.wall()};
    store_->write(commit).value();
    store_->flush().value();
    next_ += 2;
  }
  bool knows(const std::string& id, Time now) const { return store_->find(id, now)->has_value(); }

  TemporaryFolder folder_;
  ManualClock clock_{kNow};
  std::unique_ptr<LogStore> store_;
  std::uint64_t next_ = 0;
};

TEST_F(Store, CompactionDropsDedupEntriesThatNobodyHonours) {
  write("old");
  clock_.advance(LogStoreOptions().dedup_window + 1us);
  EXPECT_FALSE(knows("old", clock_.wall()));
  EXPECT_TRUE(knows("old", kNow)) << "its entry is still there";
  for (int i = 0; i < 200 && knows("old", kNow); ++i) {  // Some tables make a compaction.
    if (i < 8) write("new-" + std::to_string(i));
    std::this_thread::sleep_for(10ms);
  }
  EXPECT_FALSE(knows("old", kNow));
  EXPECT_TRUE(knows("new-0", clock_.wall()));
  EXPECT_TRUE(store_->read({0, 0})) << "the record stays";
}

TEST_F(Store, AReaderMissesNothingWhileTablesAreWritten) {
  std::atomic<std::uint64_t> written = 0;
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (int i = 0; i < 60; ++i) {
      write(std::to_string(i));
      written = next_;
    }
    done = true;
  });
  while (!done) {
    const std::uint64_t acknowledged = written;
    const auto reader = LogStore::open_reader(folder_ / "log");
    ASSERT_TRUE(reader) << reader.error().detail;
    EXPECT_GE((*reader)->next_offsets()->at(0), acknowledged);
    const auto cursor = (*reader)->scan(0, 0);
    std::uint64_t seen = 0;
    while (cursor->next().value()) EXPECT_EQ(cursor->place().offset, seen++);
    EXPECT_GE(seen, acknowledged);
  }
  writer.join();
}

TEST_F(Store, AReaderLeavesNothingBehindThoughItBeKilled) {
  const char* before = std::getenv("TMPDIR");
  const std::string restored = before == nullptr ? "" : before, temporary = folder_ / "tmp";
  std::filesystem::create_directory(temporary);
  ::setenv("TMPDIR", temporary.c_str(), 1);
  write("first");
  const auto reader = LogStore::open_reader(folder_ / "log").value();
  EXPECT_TRUE(std::filesystem::is_empty(temporary)) << "as it would be after a kill";
  before == nullptr ? ::unsetenv("TMPDIR") : ::setenv("TMPDIR", restored.c_str(), 1);
}

TEST_F(Store, AReaderReadsOnWhenItsTablesAreMergedAndDeleted) {
  const auto files_from = [&](std::uintmax_t size) {
    std::set<std::string> names;
    for (const auto& file : std::filesystem::directory_iterator(folder_ / "log")) {
      std::error_code gone;
      if (file.file_size(gone) >= size && !gone) names.insert(file.path().filename());
    }
    return names;
  };
  const std::string body(1 << 20, 'b');  // More than is deleted at once.
  const auto write_large = [&] {
    const std::string record = to_record({.id = "large", .body = body});
    LogStore::Commit commit{.records = {}, .deliveries = {}, .appended_at = clock_.wall()};
    // Several partitions in one table, which is therefore taken apart and not moved.
    for (std::uint32_t partition = 0; partition < kPartitions; ++partition) {
      commit.records.push_back({{partition, next_}, record, "large"});
    }
    ++next_;
    store_->write(commit).value();
    store_->flush().value();
  };
  for (int i = 0; i < 3; ++i) write_large();
  const auto reader = LogStore::open_reader(folder_ / "log").value();
  const std::vector<std::uint64_t> ends = reader->next_offsets().value();
  const auto tables = files_from(body.size());
  const auto cursor = reader->scan(0, 0);
  ASSERT_TRUE(cursor->next().value());
  const auto gone = [&] {
    const auto now = files_from(0);
    return std::ranges::none_of(now, [](const auto& name) { return name.ends_with(".trash"); }) &&
           std::ranges::none_of(tables, [&](const auto& name) { return name.ends_with(".sst") && now.contains(name); });
  };
  for (int i = 0; i < 500 && !gone(); ++i) {
    if (i < 8) write_large();
    std::this_thread::sleep_for(10ms);
  }
  ASSERT_TRUE(gone()) << "nothing was merged";

  const auto begun_after = reader->scan(3, 0);
  ASSERT_TRUE(begun_after->next());
  for (std::uint64_t offset = 1; offset < ends[0]; ++offset) {
    for (const auto& each : {cursor.get(), begun_after.get()}) {
      const auto found = each->next();
      ASSERT_TRUE(found) << found.error().detail;
      ASSERT_TRUE(*found) << offset;
      EXPECT_EQ(each->place().offset, offset);
    }
  }
  EXPECT_FALSE(cursor->next().value()) << "a scan ends where it was to end, whatever came since";
  EXPECT_TRUE(reader->read({1, 0}));
  EXPECT_GE(reader->next_offsets()->at(2), ends[2]);
}

TEST_F(Store, CountsDeliveries) {
  write("a");
  EXPECT_EQ(store_->deliveries({0, 0}), 1U);
  const LogStore::Commit commit{.records = {}, .deliveries = {{{0, 0}, 7}}, .appended_at = clock_.wall()};
  store_->write(commit).value();
  open();
  EXPECT_EQ(store_->deliveries({0, 0}), 7U);
  EXPECT_EQ(store_->read({0, 0})->deliveries, 7U);
}

TEST_F(Store, ProbesTheDiskAndLeavesNothing) {
  EXPECT_TRUE(store_->probe());
  EXPECT_FALSE(std::filesystem::exists(folder_ / "log/PROBE"));
}

TEST_F(Store, IsTheSameAfterReopening) {
  write("a");
  store_->reopen().value();
  EXPECT_TRUE(knows("a", kNow));
  EXPECT_EQ(store_->next_offsets().value(), (std::vector<std::uint64_t>{2, 0, 0, 0}));
  write("b");
  EXPECT_EQ(store_->next_offsets()->at(0), 4U);
}

}  // namespace
}  // namespace hookledger::testing
