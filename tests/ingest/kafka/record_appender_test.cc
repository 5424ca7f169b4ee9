#include "ingest/kafka/record_appender.h"

#include <gmock/gmock.h>

#include "tests/ingest/kafka/kafka_test_log.h"

namespace hookledger::testing {
namespace {

using ::testing::ElementsAre;

constexpr std::uint32_t kPartitions = 2;

class RecordAppenders : public ::testing::Test {
 protected:
  std::vector<Append> recovered(const std::vector<std::string>& ids) const {
    std::vector<Append> appends;
    for (const std::string& id : ids) {
      appends.push_back(to_append({.id = id, .provenance = Provenance::kRecovered}, kPartitions));
    }
    return appends;
  }

  Logger logger_{{.json = false, .level = Logger::Level::kError}};
  kafka::Cluster cluster_ = new_topics(kPartitions, logger_);
  ManualClock clock_{kNow};
};

TEST_F(RecordAppenders, SayWhereEachRecordIs) {
  const auto appender = kafka::RecordAppender::make({cluster_, clock_, logger_}).value();
  EXPECT_TRUE(appender->append({}).empty());
  const auto first = appender->append(recovered({"a", "b"})), second = appender->append(recovered({"c"}));
  ASSERT_EQ(first.size(), 2u);
  const std::uint32_t partition = first[0]->place.partition;
  EXPECT_EQ(first[0]->place, (Place{partition, 0}));
  EXPECT_EQ(first[1]->place, (Place{partition, 1}));
  EXPECT_EQ(second[0]->place, (Place{partition, 2}));
  const auto reader = kafka::open_kafka_log_reader(cluster_, logger_).value();
  EXPECT_THAT(ids_in(*reader, partition), ElementsAre("a", "b", "c"));
  const auto stored = reader->read({partition, 1}).value();
  EXPECT_EQ(decode_record(stored.bytes)->provenance, Provenance::kRecovered);
}

TEST_F(RecordAppenders, KeepNoSignedDeliveryOutOfASink) {
  KafkaTestLog sink(cluster_);
  sink.open();
  const auto appender = kafka::RecordAppender::make({cluster_, clock_, logger_}).value();
  const Place recovered_at = appender->append(recovered({"a"})).front()->place;
  ASSERT_TRUE(eventually([&] { return !sink->warming(); }));
  AppendClient client(kPartitions);
  const Appended signed_one = client.append(*sink, LogEvent{.id = "a"}).value();
  EXPECT_FALSE(signed_one.duplicate);
  EXPECT_GT(signed_one.place.offset, recovered_at.offset);
  EXPECT_TRUE(client.append(*sink, LogEvent{.id = "a"})->duplicate);
}

TEST_F(RecordAppenders, SayWhatTheBrokersWillNeverTake) {
  const auto appender = kafka::RecordAppender::make({cluster_, clock_, logger_}).value();
  const LogEvent large{.id = "large", .body = std::string(4'000'000, 'x'), .provenance = Provenance::kRecovered};
  const auto refused = appender->append({to_append(large, kPartitions)});
  ASSERT_FALSE(refused.front());
  EXPECT_EQ(refused.front().error().code, ErrorCode::kInvalid);
  EXPECT_TRUE(appender->append(recovered({"a"})).front()) << "others are taken after it";
}

TEST_F(RecordAppenders, SayThatTheBrokersDoNotTakeIt) {
  cluster_.brokers = "127.0.0.1:1";
  const auto appender = kafka::RecordAppender::make({cluster_, clock_, logger_}).value();
  const auto results = appender->append(recovered({"a"}));
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace hookledger::testing
