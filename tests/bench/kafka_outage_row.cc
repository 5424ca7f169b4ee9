#include <chrono>
#include <filesystem>
#include <future>
#include <stdexcept>
#include <thread>

#include "tests/bench/bench.h"
#include "tests/bench/brokers.h"
#include "tests/bench/load.h"
#include "tests/bench/server_process.h"
#include "tests/bench/timing.h"
#include "tools/key_files.h"

namespace hookledger::bench {
namespace {

using namespace std::chrono_literals;

constexpr double kGoalSeconds = 1;
constexpr double kRate = 500;
/// As many as a provider would open: what is due never waits for one.
constexpr std::uint32_t kOutageConnections = 512;
constexpr std::uint64_t kWarmUpEvents = 5'000;
constexpr auto kBefore = 5s, kAway = 10s, kDrainMax = 120s;
constexpr std::uint64_t kLoadEvents = 20'000;  ///< Until well after the brokers are back.

/// Kills the broker, brings it back, and waits for the spool to be empty: seconds from when it was back.
double drain_after_outage(const Bench& bench, const ServerProcess& sink) {
  std::this_thread::sleep_for(kBefore);
  bench.brokers->kill();
  std::this_thread::sleep_for(kAway);
  bench.brokers->restart();
  const auto back = bench.clock.monotonic();
  while (sink.metric("hookledger_spool_records") > 0) {
    if (bench.clock.monotonic() - back > kDrainMax) throw std::runtime_error("the spool was not drained");
    std::this_thread::sleep_for(10ms);
  }
  return seconds_between(back, bench.clock.monotonic());
}

}  // namespace

void measure_kafka_outage(Bench& bench) {
  if (!bench.brokers->ours()) {
    bench.notes.push_back("outage: not measured, because the brokers are not ours to kill");
    return;
  }
  const std::string data_dir = bench.folder + "/kafka-outage";
  std::filesystem::remove_all(data_dir);
  const kafka::Cluster cluster = bench.brokers->new_log();
  const ServerProcess sink(bench.program, "sink", data_dir, public_key_base64(signing_key()), kServerThreads,
                           {"--kafka-brokers", cluster.brokers, "--topic", cluster.topic});
  send(bench.clock, sink.webhook_url(), {.events = kWarmUpEvents, .seed = 1});
  say("outage: %.0f webhooks/s, the broker is away for some %lld s", kRate, static_cast<long long>(kAway.count()));
  auto outage = std::async(std::launch::async, [&] { return drain_after_outage(bench, sink); });
  const SendReport report = send(bench.clock, sink.webhook_url(),
                                 {.events = kLoadEvents, .seed = 2, .rate = kRate, .connections = kOutageConnections});
  const double drained = outage.get();
  if (report.answers.size() != 1) throw std::runtime_error("not every answer was a 200");
  const double longest = 1e-6 * static_cast<double>(report.latency.max.count());
  Row row = compared("longest time to a 200, all brokers killed", text("%.2f s", longest), "", longest / kGoalSeconds,
                     1, false);
  row.ratio.clear();
  row.goal = text("<= %.0f s", kGoalSeconds);
  bench.rows.push_back(std::move(row));
  bench.notes.push_back(text("outage: %.0f webhooks/s, %.0f of %llu spooled; drained %.1f s after the broker was back",
                             kRate, sink.metric("hookledger_spooled_total"),
                             static_cast<unsigned long long>(report.accepted), drained));
}

}  // namespace hookledger::bench
