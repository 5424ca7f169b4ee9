// The committer: batches, bounds, stopping, and what waits for a change.

#include <gmock/gmock.h>
#include <thread>

#include "tests/ingest/test_log.h"

namespace hookledger::testing {
namespace {

using ::testing::HasSubstr;

/// A log whose thread is stuck in reporting one append until `release`.
class Committing : public ::testing::Test {
 protected:
  void block(CommitLimits limits = {}) {
    log_ = std::make_unique<TestLog>(limits);
    log_->open();
    (*log_)->wait_for_change(0, 0ms);
    gate_ = std::unique_lock(log_->client().gate);
    first_ = log_->client().submit(**log_, {{"first"}})->front();
    while (ends() == 0) std::this_thread::sleep_for(1ms);
  }
  void release() { gate_ = {}; }

  Result<AppendClient::Tokens> submit(const std::string& id, std::size_t bytes = 0) {
    return log_->client().submit(**log_, {{.id = id, .body = std::string(bytes, 'x')}});
  }
  std::uint64_t ends() const { return (*log_)->end(partition_of("call-1", kPartitions)); }

  std::unique_ptr<TestLog> log_;
  std::unique_lock<std::mutex> gate_;
  std::uint64_t first_ = 0;
};

TEST_F(Committing, TakesAllThatWaitsAsOneBatch) {
  block();
  AppendClient::Tokens tokens;
  for (int i = 0; i < 100; ++i) tokens.push_back(submit(std::to_string(i))->front());
  EXPECT_EQ((*log_)->statistics().append_queue_records, 100U);
  EXPECT_EQ(ends(), 1U) << "nothing is written while nobody takes it";
  release();
  for (const auto token : tokens) EXPECT_TRUE(log_->client().wait(token));
  (*log_)->stop();
  const std::string metrics = log_->metrics().text();
  EXPECT_THAT(metrics, HasSubstr("hookledger_log_commit_records_count 2\n"));
  EXPECT_THAT(metrics, HasSubstr("hookledger_log_commit_records_sum 101\n"));
}

TEST_F(Committing, KeepsBatchesWithinTheirBounds) {
  block({.batch_records_max = 10});
  AppendClient::Tokens tokens;
  for (int i = 0; i < 35; ++i) tokens.push_back(submit(std::to_string(i))->front());
  release();
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    EXPECT_EQ(log_->client().wait(tokens[i])->place.offset, i + 1) << "in the order of arrival";
  }
  (*log_)->stop();
  EXPECT_THAT(log_->metrics().text(), HasSubstr("hookledger_log_commit_records_count 5\n"));
}

TEST_F(Committing, RefusesWhatIsTooManyOrTooLarge) {
  block({.queue_records_max = 3, .queue_bytes_max = 10'000});
  EXPECT_TRUE(submit("a"));
  EXPECT_EQ(submit("large", 10'001).error().code, ErrorCode::kOverloaded);
  EXPECT_TRUE(submit("b"));
  EXPECT_EQ(log_->client().submit(**log_, {{"c"}, {"d"}}).error().code, ErrorCode::kOverloaded) << "none or all";
  const auto last = submit("c");
  ASSERT_TRUE(last);
  EXPECT_EQ(submit("e").error().code, ErrorCode::kOverloaded);
  release();
  log_->client().wait(last->front());  // Now the queue is empty; after `first_` it need not be.
  EXPECT_TRUE(log_->append("f"));
  (*log_)->stop();
  EXPECT_EQ(log_->client().outcomes(), 3U) << "what was refused gets no outcome";
}

TEST_F(Committing, TakesWhatIsLargerThanTheQueueWhenNothingElseWaits) {
  block({.queue_bytes_max = 10'000});
  const auto large = submit("large", 10'001);
  ASSERT_TRUE(large);
  EXPECT_EQ(submit("b").error().code, ErrorCode::kOverloaded);
  EXPECT_EQ(submit("c", 10'001).error().code, ErrorCode::kOverloaded);
  release();
  EXPECT_TRUE(log_->client().wait(large->front()));
}

TEST_F(Committing, StopFinishesWhatIsQueued) {
  block();
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(submit(std::to_string(i)));
  std::thread stopping([&] { (*log_)->stop(); });
  while (submit("late")) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(submit("late").error().code, ErrorCode::kStopping);
  release();
  stopping.join();
  EXPECT_GE(log_->client().outcomes(), 51U);
  log_->open();
  EXPECT_GE(ends(), 51U);
}

TEST_F(Committing, AWaiterSeesEveryChange) {
  TestLog log;
  log.open();
  std::uint64_t seen = log->wait_for_change(0, 0ms);
  EXPECT_EQ(log->wait_for_change(seen, 1ms), seen) << "nothing happened";
  std::thread appender([&] { log.append("a"); });
  const std::uint64_t changed = log->wait_for_change(seen, 20s);
  EXPECT_NE(changed, seen);
  EXPECT_EQ(log->end(partition_of("call-1", kPartitions)), 1U) << "what it waited for can be read";
  appender.join();
  std::thread stopper([&] { log->stop(); });
  log->wait_for_change(changed, 20s);
  stopper.join();
}

TEST_F(Committing, ManyClientsAtOnce) {
  TestLog log;
  log.open();
  constexpr int kClients = 4, kEvents = 200;
  std::vector<std::thread> clients;
  for (int client = 0; client < kClients; ++client) {
    clients.emplace_back([&, client] {
      AppendClient mine(kPartitions);
      for (int i = 0; i < kEvents; ++i) {
        const std::string id = std::to_string((i + client * 50) % kEvents);  // Each id from every client.
        const auto place = mine.append(*log, LogEvent{.id = id, .call = id}).value().place;
        const auto record = log->read(place).value();
        EXPECT_EQ(decode_record(record.bytes)->id, id);
      }
    });
  }
  for (auto& client : clients) client.join();
  const auto places = places_in(*log);
  EXPECT_EQ(places.size(), static_cast<std::size_t>(kEvents));
  for (const auto& [id, place] : places) EXPECT_EQ(log->read(place)->deliveries, static_cast<unsigned>(kClients)) << id;
}

}  // namespace
}  // namespace hookledger::testing
