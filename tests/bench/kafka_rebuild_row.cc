#include <filesystem>
#include <stdexcept>

#include "tests/bench/bench.h"
#include "tests/bench/child.h"
#include "tests/bench/counting_consumer.h"
#include "tests/bench/filled_topic.h"
#include "tests/bench/timing.h"

namespace hookledger::bench {
namespace {

constexpr double kGoal = 0.5;
constexpr unsigned kThreads = 2;
constexpr int kRounds = 3;

}  // namespace

void measure_kafka_rebuild(Bench& bench) {
  const FilledTopic topic = fill_topic(bench);
  const auto events = static_cast<double>(topic.events);
  const std::string data_dir = bench.folder + "/kafka-rebuilt";
  std::vector<double> rebuilt, rebuilt_cpu, counted, counted_cpu;
  for (int round = 0; round < kRounds; ++round) {  // In turn, so that both find the machine alike.
    say("rebuild from Kafka: %.0f events, round %d of %d", events, round + 1, kRounds);
    const auto began = bench.clock.monotonic();
    const CpuTime before = cpu_time_of_self();
    if (count_messages(topic.cluster) != topic.events) throw std::runtime_error("the topic has other messages");
    counted_cpu.push_back((cpu_time_of_self() - before).total());
    counted.push_back(seconds_between(began, bench.clock.monotonic()));
    std::filesystem::remove_all(data_dir);
    const Finished done = run(
        bench.clock, {bench.program, "rebuild", "--kafka-brokers", topic.cluster.brokers, "--topic",
                      topic.cluster.topic, "--data-dir", data_dir, "--threads", std::to_string(kThreads), "--quiet"});
    rebuilt.push_back(done.seconds);
    rebuilt_cpu.push_back(done.cpu.total());
  }
  const auto row = [&](const char* work, std::vector<double>& ours, std::vector<double>& bare) {
    const double rate = events / percentile(ours, 50), floor = events / percentile(bare, 50);
    return compared(work, text("%.0f", rate), text("%.0f a consumer that only counts", floor), rate / floor, kGoal,
                    true);
  };
  bench.rows.push_back(row("rebuild from Kafka, events/s on the wall", rebuilt, counted));
  Row cpu = row("  events per CPU-second", rebuilt_cpu, counted_cpu);
  cpu.goal = cpu.met = "";
  bench.rows.push_back(std::move(cpu));
}

}  // namespace hookledger::bench
