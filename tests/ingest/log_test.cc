// What the embedded log promises beyond what every log does (log_suite.cc).

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <thread>

#include "ingest/log/embedded_log.h"
#include "tests/ingest/log_engine.h"
#include "tests/ingest/test_log.h"

namespace hookledger::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Place place_of(const Result<Appended>& result) { return result.value().place; }
const std::uint32_t kPartition = partition_of("call-1", kPartitions);

class Log : public ::testing::Test {
 protected:
  Log() { log_.open(); }
  TestLog log_;
};

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

TEST_F(Log, KeepsItsNumberOfPartitions) {
  log_.close();
  EXPECT_EQ(log_.open_another(kPartitions + 1).error().code, ErrorCode::kUsage);
  EXPECT_EQ(log_.open_another(0).value()->partitions(), kPartitions);
}

TEST_F(Log, APathThatSpeaksOfLocksIsNotInUse) {
  TemporaryFolder folder;
  std::ofstream(folder / "block") << "a file, not a folder";
  log_.options().store.path = folder / "block/log";
  EXPECT_EQ(log_.open_another(kPartitions).error().code, ErrorCode::kUnavailable);
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

class EmbeddedEngine : public LogEngine {
 public:
  void open() override { log_.open(); }
  EventLog& log() override { return *log_; }
  Result<std::unique_ptr<EventLog>> open_second() override { return log_.open_another(kPartitions); }
  std::unique_ptr<LogReader> open_reader() override { return open_embedded_log_reader(log_.path()).value(); }
  ManualClock& clock() override { return log_.clock(); }
  Duration dedup_window() const override { return log_.options().store.dedup_window; }

 private:
  TestLog log_;
};

}  // namespace

std::unique_ptr<LogEngine> make_log_engine(std::uint32_t partitions) {
  require(partitions == kPartitions, "test_log.h has another number of partitions");
  return std::make_unique<EmbeddedEngine>();
}

}  // namespace hookledger::testing
