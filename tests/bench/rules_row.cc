#include "ingest/log/embedded_log.h"
#include "tests/bench/bench.h"
#include "tests/bench/prepared_log.h"
#include "tests/bench/rule_pack.h"
#include "tests/bench/timed_fold.h"
#include "tests/bench/timing.h"

namespace hookledger::bench {
namespace {

constexpr double kGoal = 0.3;
constexpr int kRebuilds = 7;

/// Rebuilds with the same rules: CPU-seconds of each.
struct Rebuilt {
  const RuleSet& rules;
  std::vector<double> times{};
};

double durable_events(const LogReader& log) {
  std::uint64_t events = 0;
  for (std::uint32_t partition = 0; partition < log.partitions(); ++partition) {
    events += log.ask_end(partition).value() - log.first(partition);
  }
  return static_cast<double>(events);
}

}  // namespace

void measure_rules(Bench& bench) {
  const PreparedLog prepared = prepare_log(bench.clock, bench.folder, bench.events);
  const std::string log_path = prepared.data_dir + "/log";
  const double events = durable_events(*open_embedded_log_reader(log_path).value());
  const RuleSet none({}), pack(rule_pack());
  Rebuilt without{none}, with{pack};
  for (int i = 0; i <= kRebuilds; ++i) {  // In turn, so that both find the machine alike; the first warms up.
    say("rules: rebuild %d of %d, with %zu rules and with none", i, kRebuilds, kPackRules);
    for (Rebuilt* each : {&without, &with}) {
      const double cpu = fold_seconds(log_path, bench.folder + "/folded", each->rules, 1);
      if (i > 0) each->times.push_back(cpu);
    }
  }
  const double base = percentile(without.times, 50), loaded = percentile(with.times, 50);
  bench.rows.push_back(compared(text("share of rebuild throughput that %zu rules cost, 1 thread", kPackRules),
                                text("%.0f events per CPU-second", events / loaded),
                                text("%.0f without rules", events / base), 1 - base / loaded, kGoal, false));
}

}  // namespace hookledger::bench
