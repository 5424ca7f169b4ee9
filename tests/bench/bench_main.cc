// Prints the performance table: each figure beside a floor taken in the same run on the same machine.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <optional>
#include <span>

#include "schemas/crypto.h"
#include "schemas/text.h"
#include "tests/bench/bench.h"
#include "tests/bench/brokers.h"
#include "tests/support/temporary_folder.h"
#include "tools/system_clock.h"
#include "tools/table.h"

namespace hookledger::bench {
namespace {

constexpr const char* kUsage =
    R"(usage: hookledger_bench [--kafka] [--only NAME] [--full] [--events N] [--keep DIR] [--program PATH]

  --kafka         the log on Apache Kafka: on one broker that is started for it and stopped afterwards, or on those that
                  HOOKLEDGER_TEST_KAFKA=HOST:PORT names, where outage cannot be measured and the topics stay behind
  --only NAME     one measurement: sink, latency, rebuild, rules, forensic, scan, redeliver, subscription;
                  with --kafka: sink, log, rebuild, outage
  --full          longer runs, and ten times as many events in the prepared log
  --events N      in the prepared log; default 1 million, with --kafka 500,000
  --keep DIR      write there, on the disk to be measured, and leave the prepared log for the next run
  --program PATH  the hookledger to measure; default the one built with this program
)";

struct Measurement {
  const char* name;
  void (*measure)(Bench&);
};
constexpr Measurement kMeasurements[] = {{"sink", measure_sink},           {"latency", measure_latency},
                                         {"rebuild", measure_rebuild},     {"rules", measure_rules},
                                         {"forensic", measure_forensic},   {"scan", measure_scan},
                                         {"redeliver", measure_redeliver}, {"subscription", measure_subscription}};
constexpr Measurement kKafkaMeasurements[] = {{"sink", measure_kafka_sink},
                                              {"log", measure_kafka_log},
                                              {"rebuild", measure_kafka_rebuild},
                                              {"outage", measure_kafka_outage}};

struct Options {
  std::string only, keep, program = HOOKLEDGER_PROGRAM;
  std::optional<std::uint64_t> events{};
  bool full = false, kafka = false;

  std::span<const Measurement> measurements() const {
    return kafka ? std::span<const Measurement>(kKafkaMeasurements) : kMeasurements;
  }
};

std::optional<Options> read_options(const std::vector<std::string>& arguments) {
  Options options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& name = arguments[i];
    if (name == "--full" || name == "--kafka") {
      (name == "--full" ? options.full : options.kafka) = true;
      continue;
    }
    if (i + 1 == arguments.size()) return std::nullopt;
    const std::string& value = arguments[++i];
    if (name == "--only") {
      options.only = value;
    } else if (name == "--keep") {
      options.keep = std::filesystem::absolute(value).string();
    } else if (name == "--program") {
      options.program = value;
    } else if (name == "--events" && parse_unsigned(value).value_or(0) > 0) {
      options.events = parse_unsigned(value);
    } else {
      return std::nullopt;
    }
  }
  const bool known =
      std::ranges::any_of(options.measurements(), [&](const auto& each) { return options.only == each.name; });
  if (!options.only.empty() && !known) return std::nullopt;
  return options;
}

void print(const Bench& bench, const std::string& command) {
  std::vector<std::vector<std::string>> cells;
  for (const Row& row : bench.rows) cells.push_back({row.work, row.result, row.floor, row.ratio, row.goal, row.met});
  std::cout << render_table({"work", "result", "floor", "ratio", "goal", "met"}, cells) << '\n';
  for (const std::string& note : bench.notes) std::cout << note << '\n';
  for (const std::string& condition : conditions(bench.folder)) std::cout << condition << '\n';
  std::cout << "command: " << command << '\n';
}

int run(const Options& options, const std::string& command) {
  init_crypto();
  const SystemClock clock;
  const testing::TemporaryFolder temporary;
  const std::string folder = options.keep.empty() ? temporary.path() : options.keep;
  std::filesystem::create_directories(folder);
  const std::uint64_t events = options.kafka ? 500'000 : 1'000'000;
  std::optional<Brokers> brokers;
  if (options.kafka) brokers.emplace(clock, folder + "/kafka");
  Bench bench{.clock = clock,
              .program = options.program,
              .folder = folder,
              .events = options.events.value_or(options.full ? 10 * events : events),
              .full = options.full,
              .brokers = brokers ? &*brokers : nullptr};
  for (const Measurement& each : options.measurements()) {
    if (options.only.empty() || options.only == each.name) each.measure(bench);
  }
  if (brokers) bench.notes.push_back(brokers->describe());
  print(bench, command);
  return 0;
}

}  // namespace

Row compared(std::string work, std::string result, std::string floor, double ratio, double goal, bool at_least) {
  const bool met = at_least ? ratio >= goal : ratio <= goal;
  return {std::move(work),
          std::move(result),
          std::move(floor),
          text("%.2f", ratio),
          text(at_least ? ">= %.2f" : "<= %.2f", goal),
          met ? "yes" : "no"};
}

}  // namespace hookledger::bench

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const auto options = hookledger::bench::read_options(arguments);
  if (!options) {
    const bool help = arguments.size() == 1 && (arguments[0] == "-h" || arguments[0] == "--help");
    (help ? std::cout : std::cerr) << hookledger::bench::kUsage;
    return help ? 0 : 2;
  }
  std::string command = "hookledger_bench";
  for (const std::string& argument : arguments) command += " " + argument;
  try {
    return hookledger::bench::run(*options, command);
  } catch (const std::exception& error) {
    std::cerr << "hookledger_bench: " << error.what() << '\n';
    return 1;
  }
}
