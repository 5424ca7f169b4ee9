#include <cstdlib>
#include <stdexcept>

#include "tests/bench/bench.h"
#include "tests/bench/brokers.h"
#include "tests/bench/filled_topic.h"

namespace hookledger::bench {
namespace {

/// Messages a second of kafka-producer-perf-test with acks=all and otherwise its own settings.
double perf_test_rate(const Brokers& brokers, const FilledTopic& like) {
  const kafka::Cluster cluster = brokers.new_log();
  const std::string printed =
      brokers.run_tool("org.apache.kafka.tools.ProducerPerformance",
                       "--topic " + cluster.topic + " --num-records " + std::to_string(like.events) +
                           " --record-size " + std::to_string(like.message_bytes) +
                           " --throughput -1 --producer-props acks=all bootstrap.servers=" + cluster.brokers);
  // Its last line sums up: "N records sent, R records/sec (…".
  const std::size_t sent = printed.rfind("records sent, ");
  if (sent == std::string::npos) throw std::runtime_error("ProducerPerformance printed: " + printed);
  return std::stod(printed.substr(sent + std::string_view("records sent, ").size()));
}

}  // namespace

void measure_kafka_log(Bench& bench) {
  const FilledTopic topic = fill_topic(bench);
  say("log: kafka-producer-perf-test");
  const double floor = perf_test_rate(*bench.brokers, topic);
  const double rate = static_cast<double>(topic.events) / topic.seconds;
  const auto cell = [&](double records) {
    return text("%.0f/s, %.0f MB/s", records, 1e-6 * records * static_cast<double>(topic.message_bytes));
  };
  Row row = compared("appends to the topic, acks=all", cell(rate), cell(floor) + " kafka-producer-perf-test",
                     rate / floor, 0, true);
  row.goal = row.met = "";
  bench.rows.push_back(std::move(row));
  bench.notes.push_back(text("topic: %llu messages of %llu bytes, in 8 partitions",
                             static_cast<unsigned long long>(topic.events),
                             static_cast<unsigned long long>(topic.message_bytes)));
}

}  // namespace hookledger::bench
