// The spool: bounded, durable, in order, and what is set aside stays.

#include "ingest/kafka/spool.h"

#include <gmock/gmock.h>

#include "tests/ingest/append_client.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temporary_folder.h"

namespace hookledger::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr Time kNow{std::chrono::sys_days{std::chrono::year{2026} / 2 / 8}};
constexpr std::uint32_t kPartitions = 2;
const std::uint32_t kPartition = partition_of("call-1", kPartitions);

class SpoolTest : public ::testing::Test {
 protected:
  SpoolTest() { open({}); }

  void open(const kafka::SpoolLimits& limits) {
    spool_.reset();
    spool_ = kafka::Spool::open(folder_ / "spool", kPartitions, limits, clock_, logger_, metrics_).value();
  }

  Result<Appended> append(const LogEvent& event) {
    Append append = to_append(event, kPartitions);
    RecordView record = decode_record(append.record).value();
    record.received_at = record.occurred_at = clock_.wall();
    append.record = encode_record(record);
    append.observer = &client_;
    append.token = ++token_;
    std::vector<Append> appends;
    appends.push_back(std::move(append));
    if (auto submitted = spool_->submit(std::move(appends)); !submitted) return submitted.error();
    return client_.wait(token_);
  }

  std::vector<kafka::Spool::Waiting> head(std::size_t records = 100, std::size_t bytes = 1 << 20) {
    return spool_->head(kPartition, records, bytes).value();
  }
  std::vector<std::string> ids() {
    std::vector<std::string> ids;
    for (const auto& waiting : head()) ids.emplace_back(decode_record(waiting.record).value().id);
    return ids;
  }

  TemporaryFolder folder_;
  ManualClock clock_{kNow};
  Logger logger_{{.json = false, .level = Logger::Level::kError}};
  Metrics metrics_;
  AppendClient client_{kPartitions};
  std::uint64_t token_ = 0;
  std::unique_ptr<kafka::Spool> spool_;
};

TEST_F(SpoolTest, KeepsOrderAcrossARestartAndKnowsRepeats) {
  EXPECT_TRUE(spool_->empty(kPartition));
  for (const char* id : {"a", "b", "c"}) {
    const Appended appended = append({.id = id}).value();
    EXPECT_TRUE(appended.spooled);
    EXPECT_FALSE(appended.duplicate);
  }
  EXPECT_TRUE(append({.id = "b"}).value().duplicate);
  const std::uint64_t bytes = spool_->bytes();
  open({});
  EXPECT_FALSE(spool_->empty(kPartition));
  EXPECT_EQ(spool_->records(), 3U);
  EXPECT_EQ(spool_->bytes(), bytes);
  EXPECT_THAT(ids(), ElementsAre("a", "b", "c"));
  EXPECT_EQ(head(2).size(), 2U);
  EXPECT_EQ(head(100, 1).size(), 1U) << "at least one";
}

TEST_F(SpoolTest, WhatIsDrainedIsGone) {
  for (const char* id : {"a", "b", "c"}) (void)append({.id = id}).value();
  spool_->remove(head(2)).value();
  EXPECT_THAT(ids(), ElementsAre("c"));
  spool_->remove(head()).value();
  EXPECT_TRUE(spool_->empty(kPartition));
  EXPECT_EQ(spool_->records(), 0U);
  EXPECT_EQ(spool_->bytes(), 0U);
  open({});
  EXPECT_TRUE(spool_->empty(kPartition));
}

TEST_F(SpoolTest, TakesNothingBeyondItsBytesUntilSomeAreGone) {
  open({.bytes = 3000});
  for (int i = 0; !spool_->closed(); ++i)
    (void)append({.id = std::to_string(i), .body = std::string(900, 'x')}).value();
  EXPECT_GE(spool_->bytes(), 3000U);
  EXPECT_LT(spool_->bytes(), 4200U);
  const auto refused = append({.id = "more"});
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(refused.error().detail, HasSubstr("--spool-bytes"));
  spool_->remove(head(2)).value();
  const auto taken = append({.id = "more"});
  EXPECT_TRUE(taken) << taken.error().detail;
}

TEST_F(SpoolTest, TakesNothingWhenTheOldestIsTooOld) {
  open({.age = std::chrono::hours(1)});
  (void)append({.id = "a"}).value();
  clock_.advance(std::chrono::hours(1));
  EXPECT_FALSE(spool_->closed());
  clock_.advance(std::chrono::seconds(1));
  EXPECT_THAT(append({.id = "b"}).error().detail, HasSubstr("--spool-age"));
  spool_->remove(head()).value();
  EXPECT_EQ(spool_->age(), Duration(0));
  EXPECT_TRUE(append({.id = "b"}));
}

TEST_F(SpoolTest, WhatIsSetAsideHoldsNobodyUpAndStays) {
  for (const char* id : {"a", "refused", "c", "d"}) (void)append({.id = id}).value();
  spool_->set_aside(head()[1]);
  EXPECT_THAT(ids(), ElementsAre("a", "c", "d"));
  EXPECT_EQ(spool_->records(), 3U);
  spool_->remove(head()).value();
  EXPECT_TRUE(spool_->empty(kPartition));
  EXPECT_THAT(ids(), IsEmpty());
  open({});
  EXPECT_THAT(ids(), ElementsAre("refused")) << "it waits again";
}

}  // namespace
}  // namespace hookledger::testing
