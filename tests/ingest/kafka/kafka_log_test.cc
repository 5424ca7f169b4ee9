// What the log on Kafka promises: what every log does (log_suite.cc), and what several sinks together do.

#include <gmock/gmock.h>

#include "tests/ingest/kafka/kafka_test_log.h"
#include "tests/ingest/log_engine.h"

namespace hookledger::testing {
namespace {

using ::testing::HasSubstr;

class KafkaEngine : public LogEngine {
 public:
  explicit KafkaEngine(std::uint32_t partitions) : log_(new_topics(partitions, logger_)) {}

  void open() override { log_.open(); }
  EventLog& log() override { return *log_; }
  Result<std::unique_ptr<EventLog>> open_second() override {
    auto second = log_.open_second();
    if (!second) return second.error();
    return std::unique_ptr<EventLog>(std::move(*second));
  }
  std::unique_ptr<LogReader> open_reader() override {
    return kafka::open_kafka_log_reader(log_.options().cluster, logger_).value();
  }
  ManualClock& clock() override { return log_.clock(); }
  Duration dedup_window() const override { return kafka::KafkaLogOptions().dedup_window; }

 private:
  Logger logger_{{.json = false, .level = Logger::Level::kError}};
  KafkaTestLog log_;
};

constexpr std::uint32_t kPartitions = 4;

class KafkaLogTest : public ::testing::Test {
 protected:
  Logger logger_{{.json = false, .level = Logger::Level::kError}};
  kafka::Cluster cluster_ = new_topics(kPartitions, logger_);
  AppendClient client_{kPartitions};
};

TEST_F(KafkaLogTest, ASinkKnowsWhatAnotherAppended) {
  KafkaTestLog first(cluster_), second(cluster_);
  first.open();
  second.open();
  const auto original = client_.append(*first, LogEvent{"a"}).value();
  int probe = 0;  // Appended behind the original: when it is known there, so is the original.
  ASSERT_TRUE(eventually([&] {
    const LogEvent event{"probe-" + std::to_string(++probe)};
    (void)client_.append(*first, event).value();
    std::this_thread::sleep_for(100ms);
    return client_.append(*second, event).value().duplicate;
  }));
  const auto repeat = client_.append(*second, LogEvent{"a"}).value();
  EXPECT_TRUE(repeat.duplicate);
  EXPECT_EQ(repeat.place, original.place) << "the first appended counts";
}

TEST_F(KafkaLogTest, ANewSinkIsReadyWhenItKnowsTheWindow) {
  KafkaTestLog first(cluster_);
  first.open();
  std::vector<LogEvent> events;
  for (int i = 0; i < 500; ++i) events.push_back({.id = std::to_string(i), .call = "call-" + std::to_string(i % 7)});
  for (const auto& appended : client_.append(*first, events)) ASSERT_FALSE(appended.value().duplicate);
  KafkaTestLog second(cluster_);
  second.open();
  ASSERT_TRUE(eventually([&] { return !second->warming(); }));
  for (const auto& appended : client_.append(*second, events)) EXPECT_TRUE(appended.value().duplicate);
}

TEST_F(KafkaLogTest, WhatIsOlderThanTheWindowIsNotReadByANewSink) {
  KafkaTestLog first(cluster_);
  first.open();
  (void)client_.append(*first, LogEvent{"old"}).value();
  KafkaTestLog second(cluster_);
  second.clock().advance(second.options().dedup_window + std::chrono::hours(1));
  second.open();
  ASSERT_TRUE(eventually([&] { return !second->warming(); }));
  EXPECT_FALSE(client_.append(*second, LogEvent{"old"}).value().duplicate);
}

TEST_F(KafkaLogTest, AMessageOfSomebodyElseIsSeenAndBelongsToNoCall) {
  KafkaTestLog log(cluster_);
  log.open();
  const std::string command = "echo 'key:anything' | kcat -P -b " + cluster_.brokers + " -t " + cluster_.topic +
                              " -p 1 -K : -H ce_id=forged 2>/dev/null";
  ASSERT_EQ(std::system(command.c_str()), 0);
  const StoredRecord stored = log->read({1, 0}).value();
  const RecordView record = decode_record(stored.bytes).value();
  EXPECT_EQ(record.source, "foreign");
  EXPECT_EQ(record.id, "kafka:1/0");
  EXPECT_EQ(record.body, "anything");
  EXPECT_FALSE(record.in_call);
  EXPECT_EQ(ids_in(*log, 1), std::vector<std::string>{"kafka:1/0"});
}

TEST_F(KafkaLogTest, ABodyOfAMebibyteFits) {
  KafkaTestLog log(cluster_);
  log.open();
  const LogEvent event{.id = "large", .body = std::string(1024 * 1024, 'x')};
  const Place place = client_.append(*log, event).value().place;
  EXPECT_EQ(decode_record(log->read(place).value().bytes).value().body, event.body);
}

TEST_F(KafkaLogTest, SaysWhatIsWrongWithTheTopic) {
  KafkaTestLog log(cluster_);
  log.options().cluster.topic = "nothing.events";
  const auto missing = log.open_second();
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(missing.error().detail, HasSubstr("hookledger topics --create"));
  log.options().cluster = cluster_;
  log.open();
  log.close();
  log.options().cluster = new_topics(kPartitions + 1, logger_);
  const auto torn = log.open_second();
  EXPECT_EQ(torn.error().code, ErrorCode::kUsage);
  EXPECT_THAT(torn.error().detail, HasSubstr("has 5 partitions now"));
}

TEST_F(KafkaLogTest, ADataDirBelongsToItsTopic) {
  KafkaTestLog log(cluster_);
  log.open();
  log.close();
  log.options().cluster = new_topics(kPartitions, logger_);
  const auto other = log.open_second();
  EXPECT_EQ(other.error().code, ErrorCode::kUsage);
  EXPECT_THAT(other.error().detail, HasSubstr("belongs to topic " + cluster_.topic));
}

TEST_F(KafkaLogTest, ARecordThatTheTopicWillNeverTakeIsRefusedAndHoldsNobodyUp) {
  KafkaTestLog log(cluster_);
  log.open();
  const auto refused = client_.append(*log, LogEvent{.id = "huge", .body = std::string(3 * 1024 * 1024, 'x')});
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalid);
  EXPECT_THAT(refused.error().detail, HasSubstr("max.message.bytes"));
  EXPECT_FALSE(client_.append(*log, LogEvent{"a"}).value().spooled);
  EXPECT_EQ(log->spool().records, 0U);
  EXPECT_TRUE(log->health().writable);
}

TEST_F(KafkaLogTest, RetentionIsTheTopics) {
  KafkaTestLog log(cluster_);
  log.open();
  const OffsetRange range{0, 1};
  EXPECT_EQ(log->remove(0, {&range, 1}).error().code, ErrorCode::kUsage);
}

}  // namespace

std::unique_ptr<LogEngine> make_log_engine(std::uint32_t partitions) {
  return std::make_unique<KafkaEngine>(partitions);
}

}  // namespace hookledger::testing
