#include "replay/redelivery/record_walk.h"

#include <gmock/gmock.h>

#include "replay/redelivery/selection.h"
#include "tests/replay/redelivery/redelivery_log.h"
#include "tests/support/seeded.h"

namespace hookledger::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

bool all(const RecordView&) { return true; }

std::vector<RecordWalk::Part> whole(const LogReader& log) {
  std::vector<RecordWalk::Part> parts;
  for (std::uint32_t partition = 0; partition < log.partitions(); ++partition) {
    parts.push_back({partition, log.end(partition)});
  }
  return parts;
}

std::vector<std::string> ids(RecordWalk& walk) {
  std::vector<std::string> found;
  while (walk.next().value()) found.emplace_back(walk.record().id);
  return found;
}

std::vector<std::string> selected(const MemoryLog& log, const Selection& selection) {
  RecordWalk walk(log, whole(log), [&](const RecordView& record) { return selects(selection, record); }, {}, {});
  return ids(walk);
}

TEST(RecordWalkTest, PartitionsAreMetAsTheirRecordsWereReceived) {
  MemoryLog log(8);
  for (int i = 0; i < 40; ++i) {
    append(log, "event-" + std::to_string(i),
           {.call = "call-" + std::to_string(i % 11), .received_at = kStart + i * 1s});
  }
  RecordWalk walk(log, whole(log), all, {}, {});
  std::vector<std::string> wanted;
  for (int i = 0; i < 40; ++i) wanted.push_back("event-" + std::to_string(i));
  EXPECT_EQ(ids(walk), wanted);
}

TEST(RecordWalkTest, TheOrderOfAPartitionIsThatOfItsOffsets) {
  MemoryLog log(1);
  for (const auto& [id, at] : {std::pair("a", 3s), std::pair("b", 1s), std::pair("c", 2s)}) {
    append(log, id, {.call = "call", .received_at = kStart + at});
  }
  RecordWalk walk(log, whole(log), all, {}, {});
  EXPECT_THAT(ids(walk), ElementsAre("a", "b", "c"));
}

TEST(RecordWalkTest, EndsWhereItWasToEndWhateverIsAppendedLater) {
  MemoryLog log(1);
  append(log, "a", {.call = "call"});
  const auto parts = whole(log);
  append(log, "b", {.call = "call"});
  RecordWalk walk(log, parts, all, {}, {});
  EXPECT_THAT(ids(walk), ElementsAre("a"));
}

TEST(RecordWalkTest, SelectsByEachKey) {
  MemoryLog log(4);
  append(log, "a", {.call = "call-1", .type = "call.initiated"});
  append(log, "b", {.call = "call-2", .received_at = kStart + 10s, .type = "call.hangup", .occurred_at = kStart});
  append(log, "c", {.call = "call-1", .received_at = kStart + 20s, .type = "call.recording.saved"});
  append(log, "d", {.call = "", .received_at = kStart + 30s, .type = "device.ready", .source = "app"});
  EXPECT_THAT(selected(log, {}), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(selected(log, {.calls = {{"call-1"}}}), ElementsAre("a", "c"));
  EXPECT_THAT(selected(log, {.calls = {{}}}), ElementsAre());
  EXPECT_THAT(selected(log, {.filter = {.types = {"call.hangup", "device.*"}}}), ElementsAre("b", "d"));
  EXPECT_THAT(selected(log, {.filter = {.sources = {"app"}}}), ElementsAre("d"));
  EXPECT_THAT(selected(log, {.since = kStart + 10s, .until = kStart + 20s}), ElementsAre("b"));
  EXPECT_THAT(selected(log, {.until = kStart + 10s, .by_occurrence = true}), ElementsAre("a", "b"));
  EXPECT_THAT(selected(log, {.filter = {.types = {"call.*"}}, .calls = {{"call-1"}}, .since = kStart + 1s}),
              ElementsAre("c"));
}

/// Whatever is done, and whether places are known or the log is scanned: what is met and what is passed over are
/// together all that was not done, each once.
TEST(RecordWalkTest, MeetsOrPassesEveryOffsetOnce) {
  auto random = seeded_generator();
  for (int round = 0; round < 200; ++round) {
    MemoryLog log(3);
    const std::size_t count = random_below(random, 60);
    for (std::size_t i = 0; i < count; ++i) {
      const auto place = append(log, std::to_string(i),
                                {.call = "call-" + std::to_string(random_below(random, 6)),
                                 .received_at = kStart + random_below(random, 50) * 1s});
      if (random_below(random, 10) == 0) log.lose(place);
    }
    const auto wanted = [](const RecordView& record) { return record.key == "call-1" || record.key == "call-4"; };
    const bool places_known = random_below(random, 2) == 0;
    auto parts = whole(log);
    for (auto& part : parts) {
      for (std::size_t i = random_below(random, 5); i > 0; --i) part.done.add(random_below(random, part.end + 1));
      if (!places_known) continue;
      part.offsets.emplace();
      for (std::uint64_t offset = 0; offset < part.end; ++offset) {
        const auto stored = log.read({part.partition, offset});
        if (stored && wanted(decode_record(stored->bytes).value())) part.offsets->push_back(offset);
      }
    }
    std::vector<OffsetSet> seen(log.partitions());
    RecordWalk walk(log, parts, wanted, [&](std::uint32_t partition, OffsetRange range) { seen[partition].add(range); },
                    {});
    while (walk.next().value()) {
      ASSERT_TRUE(wanted(walk.record()));
      ASSERT_FALSE(parts[walk.place().partition].done.contains(walk.place().offset));
      ASSERT_FALSE(seen[walk.place().partition].contains(walk.place().offset)) << "met or passed twice";
      seen[walk.place().partition].add(walk.place().offset);
    }
    for (const auto& part : parts) {
      OffsetSet together = seen[part.partition];
      for (const auto& [first, last] : part.done.ranges()) together.add({first, last});
      ASSERT_GE(together.next_missing(0), part.end) << "round " << round << ": a gap in partition " << part.partition;
    }
  }
}

TEST(RecordWalkTest, NamesThePlaceOfWhatIsDamaged) {
  MemoryLog log(1);
  append(log, "a", {.call = "call"});
  log.replace(append(log, "b", {.call = "call"}), "damaged");
  RecordWalk walk(log, whole(log), all, {}, {});
  const auto first = walk.next();
  ASSERT_TRUE(first && *first);
  const auto second = walk.next();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kCorruption);
  EXPECT_THAT(second.error().detail, HasSubstr("record 0/1"));
}

TEST(RecordWalkTest, AStopEndsItWithoutPassingTheRest) {
  MemoryLog log(1);
  for (const std::string id : {"a", "b", "c"}) append(log, id, {.call = "call"});
  std::stop_source stop;
  OffsetSet passed;
  RecordWalk walk(
      log, whole(log),
      [&](const RecordView& record) {
        if (record.id == "b") stop.request_stop();
        return record.id == "c";
      },
      [&](std::uint32_t, OffsetRange range) { passed.add(range); }, stop.get_token());
  EXPECT_FALSE(walk.next().value());
  EXPECT_EQ(passed.next_missing(0), 0u);
}

}  // namespace
}  // namespace hookledger::testing
