// What a log promises while all is well, whatever its engine. Each engine's test program has this file and its own
// `make_log_engine`.

#include <gmock/gmock.h>

#include "tests/ingest/log_engine.h"

namespace hookledger::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint32_t kPartitions = 4;
const std::uint32_t kPartition = partition_of("call-1", kPartitions);

Place place_of(const Result<Appended>& result) { return result.value().place; }
bool is_duplicate(const Result<Appended>& result) { return result.value().duplicate; }

class AnyLog : public ::testing::Test {
 protected:
  AnyLog() { engine_->open(); }
  EventLog& log() { return engine_->log(); }
  std::vector<Result<Appended>> append(const std::vector<LogEvent>& events) { return client_.append(log(), events); }
  Result<Appended> append(const std::string& id, const std::string& call = "call-1") {
    return client_.append(log(), LogEvent{.id = id, .call = call});
  }

  AppendClient client_{kPartitions};
  std::unique_ptr<LogEngine> engine_ = make_log_engine(kPartitions);
};

TEST_F(AnyLog, GivesBackTheBytes) {
  const LogEvent event{.id = "a", .body = std::string("\0 not JSON \xff", 12)};
  const Place place = place_of(append(std::vector{event}).front());
  EXPECT_EQ(place, (Place{kPartition, 0}));
  const StoredRecord record = log().read(place).value();
  EXPECT_EQ(record.bytes, to_record(event));
  EXPECT_EQ(record.place, place);
  EXPECT_EQ(record.deliveries, 1U);
}

TEST_F(AnyLog, CountsOffsetsInEachPartition) {
  std::vector<std::uint64_t> next(kPartitions);
  for (int i = 0; i < 50; ++i) {
    const std::string call = "call-" + std::to_string(i % 10);
    const Place place = place_of(append("event-" + std::to_string(i), call));
    EXPECT_EQ(place, (Place{partition_of(call, kPartitions), next[place.partition]++}));
  }
  for (std::uint32_t p = 0; p < kPartitions; ++p) {
    EXPECT_EQ(log().end(p), next[p]);
    EXPECT_EQ(log().first(p), 0U);
    EXPECT_EQ(ids_in(log(), p).size(), next[p]);
  }
}

TEST_F(AnyLog, ReadsFromAnyOffset) {
  for (const char* id : {"a", "b", "c"}) append(id);
  EXPECT_THAT(ids_in(log(), kPartition, 1), ElementsAre("b", "c"));
  EXPECT_THAT(ids_in(log(), kPartition, 3), IsEmpty());
  EXPECT_EQ(log().read({kPartition, 3}).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(log().read({kPartitions + 7, 0}).error().code, ErrorCode::kNotFound);
}

TEST_F(AnyLog, ACursorSeesWhatWasThereWhenItWasMade) {
  append("a");
  const auto cursor = log().scan(kPartition, 0);
  append("b");
  EXPECT_TRUE(cursor->next().value());
  EXPECT_FALSE(cursor->next().value());
  EXPECT_FALSE(cursor->next().value());
}

TEST_F(AnyLog, AnEmptyPartitionBeginsAndEndsAt0) {
  EXPECT_EQ(log().first(2), 0U);
  EXPECT_EQ(log().end(2), 0U);
  EXPECT_THAT(ids_in(log(), 2), IsEmpty());
}

TEST_F(AnyLog, DuplicatesInOneBatchGetTheOriginalsPlace) {
  const auto results = append(std::vector<LogEvent>{{"a"}, {"b"}, {"a"}, {"a"}});
  EXPECT_FALSE(is_duplicate(results[0]));
  EXPECT_FALSE(is_duplicate(results[1]));
  for (const int i : {2, 3}) {
    EXPECT_TRUE(is_duplicate(results[static_cast<std::size_t>(i)]));
    EXPECT_EQ(place_of(results[static_cast<std::size_t>(i)]), place_of(results[0]));
  }
  EXPECT_THAT(ids_in(log(), kPartition), ElementsAre("a", "b"));
  EXPECT_EQ(log().read(place_of(results[0]))->deliveries, 3U);
  EXPECT_EQ(log().read(place_of(results[1]))->deliveries, 1U);
}

TEST_F(AnyLog, DuplicatesAreKnownInLaterBatchesAndAfterARestart) {
  const Place place = place_of(append("a"));
  EXPECT_TRUE(is_duplicate(append("a")));
  engine_->open();
  const auto again = append("a");
  EXPECT_TRUE(is_duplicate(again));
  EXPECT_EQ(place_of(again), place);
  EXPECT_EQ(log().read(place)->deliveries, 3U);
  EXPECT_EQ(place_of(append("b")).offset, 1U);
}

TEST_F(AnyLog, AnIdBelongsToItsSource) {
  append("a");
  std::vector<Append> appends{to_append({"a"}, kPartitions)};
  appends[0].dedup_key = dedup_key("other", "a");
  appends[0].observer = &client_;
  log().submit(appends).value();
  EXPECT_FALSE(is_duplicate(client_.wait(0)));
}

LogEvent recovered(const std::string& id) { return {.id = id, .provenance = Provenance::kRecovered}; }

TEST_F(AnyLog, WhatIsRecoveredIsNotAppendedOnceItIsKnown) {
  const Place signed_one = place_of(append("a"));
  for (int round = 0; round < 2; ++round) {
    const auto again = client_.append(log(), recovered("a"));
    EXPECT_TRUE(is_duplicate(again));
    EXPECT_EQ(place_of(again), signed_one);
    engine_->open();
  }
  EXPECT_EQ(log().read(signed_one)->deliveries, 1U) << "it was fetched, and is no delivery";
  const Place fetched = place_of(client_.append(log(), recovered("b")));
  EXPECT_EQ(place_of(client_.append(log(), recovered("b"))), fetched);
}

TEST_F(AnyLog, ASignedDeliveryIsAppendedAfterARecoveredOne) {
  const auto outcomes = client_.append(log(), {recovered("a"), {.id = "a"}, recovered("a"), {.id = "a"}});
  EXPECT_FALSE(is_duplicate(outcomes[0]));
  EXPECT_FALSE(is_duplicate(outcomes[1]));
  EXPECT_TRUE(is_duplicate(outcomes[2]));
  EXPECT_TRUE(is_duplicate(outcomes[3]));
  client_.append(log(), recovered("b")).value();
  engine_->open();
  EXPECT_FALSE(is_duplicate(append("b")));
  EXPECT_TRUE(is_duplicate(append("b")));
}

TEST_F(AnyLog, AnIdIsForgottenAfterTheWindowAndNotBefore) {
  append("a");
  engine_->clock().advance(engine_->dedup_window());
  EXPECT_TRUE(is_duplicate(append("a")));
  engine_->clock().advance(1us);
  const auto again = append("a");
  EXPECT_FALSE(is_duplicate(again));
  EXPECT_EQ(place_of(again).offset, 1U);
  EXPECT_EQ(place_of(append("a")).offset, 1U) << "the newest counts";
}

TEST_F(AnyLog, KeepsKeys) {
  const auto key = ed25519_key_pair(Ed25519Seed{7}).public_key;
  EXPECT_FALSE(log().find_key(key_id(key)));
  log().remember_key(key).value();
  log().remember_key(key).value();
  engine_->open();
  EXPECT_EQ(log().find_key(key_id(key)).value().bytes(), key);
  EXPECT_EQ(engine_->open_reader()->find_key(key_id(key)).value().bytes(), key);
}

TEST_F(AnyLog, HasOneOwner) {
  const auto second = engine_->open_second();
  EXPECT_EQ(second.error().code, ErrorCode::kInUse);
  EXPECT_THAT(second.error().detail, HasSubstr("in use"));
}

TEST_F(AnyLog, AReaderBesideTheOwnerSeesAllThatWasAcknowledged) {
  std::vector<std::string> expected;
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 20; ++i) {
      expected.push_back(std::to_string(round) + "/" + std::to_string(i));
      append(expected.back());
    }
    const auto reader = engine_->open_reader();
    EXPECT_EQ(ids_in(*reader, kPartition), expected);
    EXPECT_EQ(reader->end(kPartition), expected.size());
    EXPECT_EQ(reader->partitions(), kPartitions);
    if (round == 2) {
      log().stop();  // Moves everything into tables.
      engine_->open();
    }
  }
}

}  // namespace
}  // namespace hookledger::testing
