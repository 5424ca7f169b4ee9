#include "tests/bench/filled_topic.h"

#include <algorithm>
#include <filesystem>

#include "ingest/kafka/kafka_log.h"
#include "ingest/log/embedded_log.h"
#include "schemas/kafka_record.h"
#include "tests/bench/brokers.h"
#include "tests/bench/prepared_log.h"
#include "tests/bench/timing.h"
#include "tests/support/append_waiter.h"

namespace hookledger::bench {
namespace {

/// It is to take its time when the machine is busy.
constexpr kafka::Patience kPatience{.spool = std::chrono::seconds(20), .give_up = std::chrono::seconds(30)};
constexpr std::size_t kBatchRecords = 1'024, kOnTheWay = 8 * kBatchRecords;

std::size_t size_of(const RecordView& record, RecordHeaders& headers) {
  std::size_t size = record.key.size() + record.body.size();
  for (const auto& [name, value] : headers.of(record)) size += name.size() + value.size();
  return size;
}

/// Submits what it is given in batches, and lets no more than kOnTheWay of them wait.
class Writer {
 public:
  explicit Writer(EventLog& log) : log_(log) {}

  void add(std::string_view bytes, const RecordView& record) {
    batch_.push_back(make_append(record, std::string(bytes), partition_of(record.key, log_.partitions())));
    batch_.back().observer = &outcomes_;
    if (batch_.size() == kBatchRecords) submit();
  }
  void finish() {
    submit();
    outcomes_.wait_for(submitted_);
  }

 private:
  void submit() {
    log_.submit(batch_).value();
    submitted_ += batch_.size();
    batch_.clear();
    outcomes_.wait_for(submitted_ - std::min(submitted_, kOnTheWay));
  }

  EventLog& log_;
  testing::AppendWaiter outcomes_;
  std::vector<Append> batch_;
  std::size_t submitted_ = 0;
};

}  // namespace

FilledTopic fill_topic(const Bench& bench) {
  const PreparedLog prepared = prepare_log(bench.clock, bench.folder, bench.events);
  const auto from = open_embedded_log_reader(prepared.data_dir + "/log").value();
  FilledTopic topic{.cluster = bench.brokers->new_log()};
  say("filling a topic with about %llu events", static_cast<unsigned long long>(bench.events));
  const std::string data_dir = bench.folder + "/filling";
  std::filesystem::remove_all(data_dir);
  std::filesystem::create_directories(data_dir);
  Logger logger({});
  Metrics metrics;
  const auto log =
      kafka::open_kafka_log(
          {.cluster = topic.cluster, .data_dir = data_dir, .spool = {}, .limits = {}, .patience = kPatience},
          bench.clock, logger, metrics)
          .value();
  RecordHeaders headers;
  std::uint64_t bytes = 0;
  Writer writer(*log);
  const auto began = bench.clock.monotonic();
  std::vector<std::unique_ptr<LogCursor>> cursors;
  for (std::uint32_t partition = 0; partition < from->partitions(); ++partition) {
    cursors.push_back(from->scan(partition, 0));
  }
  while (!cursors.empty()) {
    std::erase_if(cursors, [&](const auto& cursor) {
      if (!cursor->next().value()) return true;
      const RecordView record = decode_record(cursor->bytes()).value();
      bytes += size_of(record, headers);
      writer.add(cursor->bytes(), record);
      ++topic.events;
      return false;
    });
  }
  writer.finish();
  topic.seconds = seconds_between(began, bench.clock.monotonic());
  topic.message_bytes = bytes / topic.events;
  log->stop();
  return topic;
}

}  // namespace hookledger::bench
