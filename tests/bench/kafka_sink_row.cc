#include <filesystem>

#include "tests/bench/bench.h"
#include "tests/bench/brokers.h"
#include "tests/bench/full_load.h"
#include "tests/bench/load.h"
#include "tests/bench/server_process.h"
#include "tools/key_files.h"

namespace hookledger::bench {
namespace {

constexpr double kVerifyGoal = 0.65;
/// Batches form when so many deliveries are on their way: an acknowledgement takes some milliseconds.
constexpr std::uint32_t kManyConnections = 256;

FullLoad run_sink(const Bench& bench, std::uint32_t connections) {
  const std::uint64_t events = bench.full ? 1'000'000 : 120'000;
  say("sink on Kafka: %u connections, %llu events", connections, static_cast<unsigned long long>(events));
  const std::string data_dir = bench.folder + "/kafka-sink";
  std::filesystem::remove_all(data_dir);
  const kafka::Cluster cluster = bench.brokers->new_log();
  const ServerProcess sink(bench.program, "sink", data_dir, public_key_base64(signing_key()), kServerThreads,
                           {"--kafka-brokers", cluster.brokers, "--topic", cluster.topic});
  return run_full_load(bench, sink, events, connections);
}

std::string describe(const FullLoad& load, std::uint32_t connections) {
  return text(
      "sink on Kafka, %u connections: %.0f webhooks/s on the wall, beside client and broker; resident at most "
      "%.0f MiB",
      connections, load.sent.rate, static_cast<double>(load.resident_peak) / (1024 * 1024));
}

}  // namespace

void measure_kafka_sink(Bench& bench) {
  const double before = verify_seconds(bench);
  const FullLoad many = run_sink(bench, kManyConnections);
  const double between = verify_seconds(bench);
  const FullLoad few = run_sink(bench, kConnections);
  const double after = verify_seconds(bench);
  bench.rows.push_back(
      verify_row(text("sink on Kafka, %u connections", kManyConnections), many, (before + between) / 2, kVerifyGoal));
  Row beside = verify_row(text("%u connections", kConnections), few, (between + after) / 2, kVerifyGoal);
  beside.goal = beside.met = "";
  bench.rows.push_back(std::move(beside));
  bench.notes.push_back(describe(many, kManyConnections));
  bench.notes.push_back(describe(few, kConnections));
}

}  // namespace hookledger::bench
