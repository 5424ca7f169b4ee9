#include <fstream>
#include <gmock/gmock.h>

#include "replay/redelivery/job_folder.h"
#include "tests/replay/redelivery/redelivery_log.h"
#include "tests/support/temporary_folder.h"

namespace hookledger::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

Job example() {
  return {.began_at = kStart,
          .ends = {7, 0, 18'446'744'073'709'551'615U},
          .since = kStart - 1h,
          .until = {},
          .calls = {{"call-1", "call \"é\""}},
          .records = 5};
}

JobProgress half_done() {
  JobProgress progress{.done = std::vector<OffsetSet>(3), .delivered = 3};
  progress.done[0].add({0, 4});
  progress.done[0].add(6);
  progress.done[2].add({1'000'000, 2'000'000});
  return progress;
}

class JobTest : public ::testing::Test {
 protected:
  std::string path() const { return folder_ / "redeliveries/one"; }
  std::unique_ptr<JobFolder> open() const { return JobFolder::open(path()).value(); }
  void write(const std::string& name, const std::string& text) const { std::ofstream(path() + "/" + name) << text; }

  TemporaryFolder folder_;
};

TEST_F(JobTest, ComesBackAsItWas) {
  EXPECT_EQ(decode_job(encode(example())).value(), example());
  Job all = example();
  all.calls.reset();
  EXPECT_EQ(decode_job(encode(all)).value(), all);
  all.calls.emplace();
  EXPECT_EQ(decode_job(encode(all)).value(), all);
  EXPECT_EQ(decode_job_progress(encode(half_done()), 3).value(), half_done());
}

TEST_F(JobTest, IsThereAfterTheProcessAndGoneWhenItIsDone) {
  EXPECT_FALSE(open()->load().value());
  EXPECT_FALSE(std::filesystem::exists(path())) << "without a job nothing stays";
  open()->begin(example()).value();
  {
    const auto stored = open()->load().value();
    ASSERT_TRUE(stored);
    EXPECT_EQ(stored->job, example());
    EXPECT_EQ(stored->progress, JobProgress{.done = std::vector<OffsetSet>(3)});
  }
  open()->save(half_done()).value();
  EXPECT_EQ(open()->load().value()->progress, half_done());
  open()->remove();
  EXPECT_FALSE(std::filesystem::exists(path()));
  EXPECT_FALSE(open()->load().value());
}

TEST_F(JobTest, ANewJobHasNothingOfTheOneBefore) {
  open()->begin(example()).value();
  open()->save(half_done()).value();
  open()->begin(example()).value();
  EXPECT_EQ(open()->load().value()->progress.delivered, 0u);
}

TEST_F(JobTest, OneProcessAtATime) {
  const auto first = open();
  const auto second = JobFolder::open(path());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kInUse);
}

TEST_F(JobTest, WhatCannotBeReadIsNoProgress) {
  open()->begin(example()).value();
  for (const std::string text :
       {"", "[]", "{}", R"({"format":2,"delivered":0,"partitions":[]})",
        R"({"format":1,"delivered":0,"partitions":[{"done":[]}]})",
        R"({"format":1,"delivered":0,"partitions":[{"done":[1]},{"done":[]},{"done":[]}]})",
        R"({"format":1,"delivered":0,"partitions":[{"done":[2,1]},{"done":[]},{"done":[]}]})"}) {
    write("progress.json", text);
    const auto loaded = open()->load();
    ASSERT_FALSE(loaded) << text;
    EXPECT_EQ(loaded.error().code, ErrorCode::kCorruption);
    EXPECT_THAT(loaded.error().detail, HasSubstr("--restart"));
  }
  write("job.json", "{");
  EXPECT_EQ(open()->load().error().code, ErrorCode::kCorruption);
}

TEST_F(JobTest, SaysWhatToDoWhereNothingCanBeKept) {
  const auto refused = JobFolder::open("/proc/redeliveries");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(refused.error().detail, HasSubstr("--state"));
}

TEST_F(JobTest, OnlyPartitionsOfItsCallsAreLookedAt) {
  Job job = example();
  job.ends = {10, 10, 10, 10};
  job.calls = {{"call-1"}};
  const JobProgress progress{.done = std::vector<OffsetSet>(4)};
  const auto parts = parts_left(job, progress, {});
  ASSERT_EQ(parts.size(), 1u);
  EXPECT_EQ(parts[0].partition, partition_of("call-1", 4));
  EXPECT_FALSE(parts[0].offsets);
  job.calls.reset();
  EXPECT_EQ(parts_left(job, progress, {}).size(), 4u);
}

}  // namespace
}  // namespace hookledger::testing
