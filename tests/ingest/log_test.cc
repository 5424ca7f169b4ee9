// What the embedded log promises while the disk works.

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <thread>

#include "ingest/log/embedded_log.h"
#include "tests/ingest/test_log.h"

namespace hookledger::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Place place_of(const Result<Appended>& result) { return result.value().place; }
bool is_duplicate(const Result<Appended>& result) { return result.value().duplicate; }
const std::uint32_t kPartition = partition_of("call-1", kPartitions);

class Log : public ::testing::Test {
 protected:
  Log() { log_.open(); }
  TestLog log_;
};

TEST_F(Log, GivesBackTheBytes) {
  const LogEvent event{.id = "a", .body = std::string("\0 not JSON \xff", 12)};
  const Place place = place_of(log_.append(std::vector{event}).front());
  EXPECT_EQ(place, (Place{kPartition, 0}));
  const StoredRecord record = log_->read(place).value();
  EXPECT_EQ(record.bytes, to_record(event));
  EXPECT_EQ(record.place, place);
  EXPECT_EQ(record.deliveries, 1U);
}

TEST_F(Log, CountsOffsetsInEachPartition) {
  std::vector<std::uint64_t> next(kPartitions);
  for (int i = 0; i < 50; ++i) {
    const std::string call = "call-" + std::to_string(i % 10);
    const Place place = place_of(log_.append("event-" + std::to_string(i), call));
    EXPECT_EQ(place, (Place{partition_of(call, kPartitions), next[place.partition]++}));
  }
  for (std::uint32_t p = 0; p < kPartitions; ++p) {
    EXPECT_EQ(log_->end(p), next[p]);
    EXPECT_EQ(log_->first(p), 0U);
    EXPECT_EQ(ids_in(*log_, p).size(), next[p]);
  }
}

TEST_F(Log, ReadsFromAnyOffset) {
  for (const char* id : {"a", "b", "c"}) log_.append(id);
  EXPECT_THAT(ids_in(*log_, kPartition, 1), ElementsAre("b", "c"));
  EXPECT_THAT(ids_in(*log_, kPartition, 3), IsEmpty());
  EXPECT_EQ(log_->read({kPartition, 3}).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(log_->read({kPartitions + 7, 0}).error().code, ErrorCode::kNotFound);
}

TEST_F(Log, ACursorSeesWhatWasThereWhenItWasMade) {
  log_.append("a");
  const auto cursor = log_->scan(kPartition, 0);
  log_.append("b");
  EXPECT_TRUE(cursor->next().value());
  EXPECT_FALSE(cursor->next().value());
  EXPECT_FALSE(cursor->next().value());
}

TEST_F(Log, AnEmptyPartitionBeginsAndEndsAt0) {
  EXPECT_EQ(log_->first(2), 0U);
  EXPECT_EQ(log_->end(2), 0U);
  EXPECT_THAT(ids_in(*log_, 2), IsEmpty());
}

TEST_F(Log, DuplicatesInOneBatchGetTheOriginalsPlace) {
  const auto results = log_.append(std::vector<LogEvent>{{"a"}, {"b"}, {"a"}, {"a"}});
  EXPECT_FALSE(is_duplicate(results[0]));
  EXPECT_FALSE(is_duplicate(results[1]));
  for (const int i : {2, 3}) {
    EXPECT_TRUE(is_duplicate(results[static_cast<std::size_t>(i)]));
    EXPECT_EQ(place_of(results[static_cast<std::size_t>(i)]), place_of(results[0]));
  }
  EXPECT_THAT(ids_in(*log_, kPartition), ElementsAre("a", "b"));
  EXPECT_EQ(log_->read(place_of(results[0]))->deliveries, 3U);
  EXPECT_EQ(log_->read(place_of(results[1]))->deliveries, 1U);
}

TEST_F(Log, DuplicatesAreKnownInLaterBatchesAndAfterARestart) {
  const Place place = place_of(log_.append("a"));
  EXPECT_TRUE(is_duplicate(log_.append("a")));
  log_.open();
  const auto again = log_.append("a");
  EXPECT_TRUE(is_duplicate(again));
  EXPECT_EQ(place_of(again), place);
  EXPECT_EQ(log_->read(place)->deliveries, 3U);
  EXPECT_EQ(place_of(log_.append("b")).offset, 1U);
}

TEST_F(Log, AnIdBelongsToItsSource) {
  log_.append("a");
  std::vector<Append> appends{to_append({"a"}, kPartitions)};
  appends[0].dedup_key = dedup_key("other", "a");
  appends[0].observer = &log_.client();
  log_->submit(appends).value();
  EXPECT_FALSE(is_duplicate(log_.client().wait(0)));
}

TEST_F(Log, AnIdIsForgottenAfterTheWindowAndNotBefore) {
  log_.append("a");
  log_.clock().advance(log_.options().store.dedup_window);
  EXPECT_TRUE(is_duplicate(log_.append("a")));
  log_.clock().advance(1us);
  const auto again = log_.append("a");
  EXPECT_FALSE(is_duplicate(again));
  EXPECT_EQ(place_of(again).offset, 1U);
  EXPECT_EQ(place_of(log_.append("a")).offset, 1U) << "the newest counts";
}

TEST_F(Log, NoOffsetIsGivenTwice) {
  for (const char* id : {"a", "b", "c", "d"}) log_.append(id);
  log_.append("a");
  const std::vector<OffsetRange> some = {{0, 1}, {2, 3}};
  log_->remove(kPartition, some).value();
  EXPECT_THAT(ids_in(*log_, kPartition), ElementsAre("b", "d"));
  EXPECT_EQ(log_->first(kPartition), 1U);
  EXPECT_EQ(log_->read({kPartition, 2}).error().code, ErrorCode::kNotFound);
  const std::vector<OffsetRange> all = {{0, 4}};
  log_->remove(kPartition, all).value();
  for (int restart = 0; restart < 2; ++restart) {
    EXPECT_EQ(log_->first(kPartition), 4U);
    EXPECT_EQ(log_->end(kPartition), 4U);
    log_.open();
  }
  EXPECT_EQ(place_of(log_.append("e")).offset, 4U);
  EXPECT_EQ(place_of(log_.append("a")), (Place{kPartition, 0})) << "a removed record's id is still known";
}

TEST_F(Log, KeepsKeys) {
  const auto key = ed25519_key_pair(Ed25519Seed{7}).public_key;
  EXPECT_FALSE(log_->find_key(key_id(key)));
  log_->remember_key(key).value();
  log_->remember_key(key).value();
  log_.open();
  EXPECT_EQ(log_->find_key(key_id(key)).value().bytes(), key);
  EXPECT_EQ(open_embedded_log_reader(log_.path()).value()->find_key(key_id(key)).value().bytes(), key);
}

TEST_F(Log, KeepsItsNumberOfPartitions) {
  log_.close();
  EXPECT_EQ(log_.open_another(kPartitions + 1).error().code, ErrorCode::kUsage);
  EXPECT_EQ(log_.open_another(0).value()->partitions(), kPartitions);
}

TEST_F(Log, HasOneOwner) {
  const auto second = log_.open_another(kPartitions);
  EXPECT_EQ(second.error().code, ErrorCode::kInUse);
  EXPECT_THAT(second.error().detail, HasSubstr("in use"));
}

TEST_F(Log, APathThatSpeaksOfLocksIsNotInUse) {
  TemporaryFolder folder;
  std::ofstream(folder / "block") << "a file, not a folder";
  log_.options().store.path = folder / "block/log";
  EXPECT_EQ(log_.open_another(kPartitions).error().code, ErrorCode::kUnavailable);
}

TEST_F(Log, AReaderBesideTheOwnerSeesAllThatWasAcknowledged) {
  std::vector<std::string> expected;
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 20; ++i) {
      expected.push_back(std::to_string(round) + "/" + std::to_string(i));
      log_.append(expected.back());
    }
    const auto reader = open_embedded_log_reader(log_.path()).value();
    EXPECT_EQ(ids_in(*reader, kPartition), expected);
    EXPECT_EQ(reader->end(kPartition), expected.size());
    EXPECT_EQ(reader->partitions(), kPartitions);
    if (round == 2) {
      log_->stop();  // Moves everything into tables.
      log_.open();
    }
  }
}

TEST(LogReader, MakesNoLogWhereThereIsNone) {
  TemporaryFolder folder;
  for (const std::string& path : {folder / "log", folder.path()}) {
    EXPECT_EQ(open_embedded_log_reader(path).error().code, ErrorCode::kNotFound);
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

/// Overwrites the first `needle` in any of the log's tables.
void damage(const std::string& folder, const std::string& needle) {
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    if (file.path().extension() != ".sst") continue;
    std::fstream bytes(file.path(), std::ios::in | std::ios::out | std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(bytes), {}};
    const auto at = content.find(needle);
    if (at == std::string::npos) continue;
    bytes.clear();
    bytes.seekp(static_cast<std::streamoff>(at));
    bytes << 'X';
    return;
  }
  FAIL() << needle << " is in no table";
}

TEST_F(Log, FindsDamagedRecords) {
  std::vector<LogEvent> events;
  for (int i = 0; i < 100; ++i) events.push_back({.id = std::to_string(i), .body = std::string(1000, 'x')});
  events[50].body.replace(0, 12, "damaged body");
  log_.append(events);
  log_->stop();
  log_.close();
  damage(log_.path(), "damaged body");
  log_.open();
  EXPECT_EQ(log_->read({kPartition, 50}).error().code, ErrorCode::kCorruption);
  const auto cursor = log_->scan(kPartition, 0);
  auto more = cursor->next();
  while (more && *more) more = cursor->next();
  EXPECT_EQ(more.error().code, ErrorCode::kCorruption);
  EXPECT_THAT(more.error().detail, HasSubstr("run hookledger verify"));
  EXPECT_LT(cursor->place().offset, 50U);
  EXPECT_THAT(ids_in(*log_, kPartition, 99), ElementsAre("99")) << "what is not damaged can be read";
  EXPECT_EQ(place_of(log_.append("b")).offset, 100U);
}

TEST_F(Log, GivesNoOffsetTwiceWhenTheLastRecordIsDamaged) {
  log_.append(std::vector<LogEvent>{{.id = "a", .body = "last body"}});
  log_->stop();
  log_.close();
  damage(log_.path(), "last body");
  EXPECT_EQ(log_.try_open().error().code, ErrorCode::kCorruption);
}

}  // namespace
}  // namespace hookledger::testing
