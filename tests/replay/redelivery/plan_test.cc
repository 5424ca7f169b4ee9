#include "replay/redelivery/plan.h"

#include <gmock/gmock.h>

#include "replay/redelivery/job.h"
#include "replay/redelivery/original_pace.h"
#include "tests/replay/redelivery/redelivery_log.h"

namespace hookledger::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::Pair;

RedeliveryPlan plan_of(const MemoryLog& log, const Selection& selection = {}) {
  std::vector<RecordWalk::Part> all;
  for (std::uint32_t partition = 0; partition < log.partitions(); ++partition) {
    all.push_back({partition, log.end(partition)});
  }
  return make_plan(log, all, selection, {}, {}).value();
}

TEST(PlanTest, CountsWhatIsSelected) {
  MemoryLog log(4);
  append(log, "a", {.call = "call-1", .received_at = kStart + 5s, .body = "12345"});
  append(log, "b", {.call = "call-2", .received_at = kStart + 1s, .type = "call.hangup", .body = "123"});
  append(log, "c", {.call = "call-1", .received_at = kStart + 9s, .body = ""});
  append(log, "d", {.call = "", .received_at = kStart + 2s, .type = "device.ready", .body = "1"});
  const RedeliveryPlan plan = plan_of(log);
  EXPECT_EQ(plan.records, 4u);
  EXPECT_EQ(plan.calls, 2u);
  EXPECT_FALSE(plan.more_calls);
  EXPECT_EQ(plan.body_bytes, 9u);
  EXPECT_EQ(plan.first, kStart + 1s);
  EXPECT_EQ(plan.last, kStart + 9s);
  EXPECT_THAT(plan.types, ElementsAre(Pair("call.hangup", 1u), Pair("call.initiated", 2u), Pair("device.ready", 1u)));
  EXPECT_EQ(plan_of(log, {.filter = {.types = {"call.initiated"}}}).records, 2u);
  EXPECT_EQ(plan_of(log, {.calls = {{}}}).first, std::nullopt);
}

TEST(PlanTest, NamesOfTypesTakeABoundedRoom) {
  MemoryLog log(1);
  for (std::size_t i = 0; i < RedeliveryPlan::kTypesMax + 7; ++i) {
    append(log, "event-" + std::to_string(i), {.call = "call", .type = "type-" + std::to_string(i)});
  }
  const RedeliveryPlan plan = plan_of(log);
  EXPECT_EQ(plan.types.size(), RedeliveryPlan::kTypesMax);
  EXPECT_EQ(plan.other_types, 7u);
}

TEST(PlanTest, SaysHowLongItTakes) {
  const RedeliveryPlan plan{.records = 100, .first = kStart, .last = kStart + 60s};
  EXPECT_EQ(time_needed(plan, {.rate = 50}), Duration(2s));
  EXPECT_EQ(time_needed(plan, {.rate = 50, .speed = 10.0}), Duration(6s));
  EXPECT_EQ(time_needed(plan, {.rate = 0}), std::nullopt);
  EXPECT_EQ(time_needed({}, {.rate = 0}), Duration(0));
}

TEST(OriginalPaceTest, KeepsTheDistancesOfRecords) {
  const OriginalPace::Instant now{1000s};
  OriginalPace pace(10);
  EXPECT_EQ(pace.due(kStart, now), now);
  EXPECT_EQ(pace.due(kStart + 60s, now), now + 6s);
  EXPECT_EQ(pace.due(kStart + 50s, now), now + 6s) << "what stands behind in the log never goes before";
  EXPECT_EQ(pace.due(kStart + 80s, now + 6s), now + 8s);
}

TEST(OriginalPaceTest, WhatWasHeldUpIsNotMadeUpFor) {
  const OriginalPace::Instant now{1000s};
  OriginalPace pace(1);
  pace.due(kStart, now);
  EXPECT_EQ(pace.due(kStart + 10s, now + 300s), now + 300s);
  EXPECT_EQ(pace.due(kStart + 20s, now + 300s), now + 310s);
}

TEST(OriginalPaceTest, ATimeOfAnyYearIsNoOverflow) {
  const OriginalPace::Instant now{1000s};
  OriginalPace pace(0.01);
  pace.due(*parse_time("0001-01-01T00:00:00Z"), now);
  const auto due = pace.due(*parse_time("9999-12-31T23:59:59Z"), now);
  EXPECT_EQ(due, now + std::chrono::hours(365 * 24));
}

}  // namespace
}  // namespace hookledger::testing
