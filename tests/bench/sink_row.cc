#include "tests/bench/bench.h"
#include "tests/bench/full_load.h"
#include "tests/bench/load.h"
#include "tests/bench/server_process.h"
#include "tools/key_files.h"

namespace hookledger::bench {
namespace {

constexpr double kVerifyGoal = 0.75;
constexpr double kMemoryGoalMiB = 256;
/// More growth than this from a third of the run to its end is no longer flat.
constexpr double kFlatGrowthMax = 1.15;

/// Of one run at full load.
struct ServerRun {
  FullLoad load;
  double commits = 0, records = 0;
};

ServerRun run_server(const Bench& bench, const std::string& role, std::uint64_t events) {
  say("%s: %u connections, %llu events", role.c_str(), kConnections, static_cast<unsigned long long>(events));
  const ServerProcess server(bench.program, role, bench.folder + "/" + role, public_key_base64(signing_key()),
                             kServerThreads);
  ServerRun run;
  run.load = run_full_load(bench, server, events, kConnections, [&] {
    run.commits = -server.metric("hookledger_log_commit_records_count");
    run.records = -server.metric("hookledger_log_commit_records_sum");
  });
  run.commits += server.metric("hookledger_log_commit_records_count");
  run.records += server.metric("hookledger_log_commit_records_sum");
  return run;
}

std::string describe(const std::string& role, const ServerRun& run) {
  return text("%s: %.0f webhooks/s on the wall, %.0f syncs/s, %.1f records a sync", role.c_str(), run.load.sent.rate,
              run.commits / run.load.sent.seconds, run.records / run.commits);
}

void add_memory_rows(Bench& bench, const FullLoad& load) {
  constexpr double kMiB = 1024 * 1024;
  const double peak = static_cast<double>(load.resident_peak) / kMiB;
  Row memory = compared("resident memory at full load", text("%.0f MiB", peak), "", peak / kMemoryGoalMiB, 1, false);
  memory.ratio.clear();
  memory.goal = text("<= %.0f MiB", kMemoryGoalMiB);
  bench.rows.push_back(std::move(memory));
  if (load.resident.size() < 3) return;
  const auto resident = [&](std::size_t thirds) {
    return static_cast<double>(load.resident[(load.resident.size() - 1) * thirds / 3]) / kMiB;
  };
  bench.rows.push_back(compared("  from a third of the run to its end",
                                text("%.0f, %.0f, %.0f MiB", resident(1), resident(2), resident(3)),
                                text("%.0f MiB", resident(1)), resident(3) / resident(1), kFlatGrowthMax, false));
}

}  // namespace

void measure_sink(Bench& bench) {
  const std::uint64_t events = bench.full ? 1'000'000 : 120'000;
  const double before = verify_seconds(bench);
  const ServerRun sink = run_server(bench, "sink", events);
  const double between = verify_seconds(bench);
  const ServerRun serve = run_server(bench, "serve", events / 2);
  const double after = verify_seconds(bench);
  bench.rows.push_back(verify_row("sink", sink.load, (before + between) / 2, kVerifyGoal));
  Row beside = verify_row("serve", serve.load, (between + after) / 2, kVerifyGoal);
  beside.goal = beside.met = "";
  bench.rows.push_back(std::move(beside));
  add_memory_rows(bench, sink.load);
  bench.notes.push_back(describe("sink", sink));
  bench.notes.push_back(describe("serve", serve));
}

}  // namespace hookledger::bench
