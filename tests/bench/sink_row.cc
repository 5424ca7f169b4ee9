#include <stdexcept>

#include "tests/bench/bench.h"
#include "tests/bench/load.h"
#include "tests/bench/server_process.h"
#include "tests/bench/timing.h"
#include "tests/support/libsodium.h"
#include "tools/key_files.h"

namespace hookledger::bench {
namespace {

constexpr double kVerifyGoal = 0.75;
constexpr double kMemoryGoalMiB = 256;
/// More growth than this from a third of the run to its end is no longer flat.
constexpr double kFlatGrowthMax = 1.15;
/// Enough for every memory table to have been full once.
constexpr std::uint64_t kWarmUpEvents = 40'000;
constexpr std::size_t kBodyBytes = 820;
constexpr double kFloorSeconds = 2;

/// Of one run at full load.
struct ServerRun {
  SendReport sent;
  CpuTime cpu;
  double commits = 0, records = 0;
  std::vector<std::uint64_t> resident;
  std::uint64_t resident_peak = 0;

  double events() const { return static_cast<double>(sent.accepted); }
};

ServerRun run_server(const Bench& bench, const std::string& role, std::uint64_t events) {
  say("%s: %u connections, %llu events", role.c_str(), kConnections, static_cast<unsigned long long>(events));
  const ServerProcess server(bench.program, role, bench.folder + "/" + role, public_key_base64(signing_key()),
                             kServerThreads);
  send(bench.clock, server.webhook_url(), {.events = kWarmUpEvents, .seed = 1});
  ServerRun run;
  const CpuTime cpu_before = cpu_time_of(server.id());
  const double commits_before = server.metric("hookledger_log_commit_records_count");
  const double records_before = server.metric("hookledger_log_commit_records_sum");
  run.sent = send(bench.clock, server.webhook_url(), {.events = events, .seed = 2},
                  [&](auto, auto) { run.resident.push_back(resident_memory_of(server.id()).now); });
  run.cpu = cpu_time_of(server.id()) - cpu_before;
  run.commits = server.metric("hookledger_log_commit_records_count") - commits_before;
  run.records = server.metric("hookledger_log_commit_records_sum") - records_before;
  run.resident_peak = resident_memory_of(server.id()).peak;
  return run;
}

/// Of a bare verification, with as many threads at once as the server has.
double verify_seconds(const Bench& bench) {
  const Ed25519KeyPair key = signing_key();
  const std::string message(kBodyBytes, 'x');
  const Ed25519Signature signature = ed25519_sign(key, message);
  return cpu_seconds_each(bench.clock, kServerThreads, kFloorSeconds, [&] {
    if (!testing::libsodium_verifies(key.public_key, signature, message))
      throw std::runtime_error("a signature does not verify");
  });
}

Row verify_row(const std::string& role, const ServerRun& run, double verify) {
  const double each = run.cpu.total() / run.events();
  return compared("webhooks per CPU-second, " + role,
                  text("%.0f (%.1f us: %.1f user, %.1f system)", 1 / each, 1e6 * each,
                       1e6 * run.cpu.user / run.events(), 1e6 * run.cpu.system / run.events()),
                  text("%.0f bare verifications (%.1f us)", 1 / verify, 1e6 * verify), verify / each, kVerifyGoal,
                  true);
}

std::string describe(const std::string& role, const ServerRun& run) {
  return text("%s: %.0f webhooks/s on the wall, %.0f syncs/s, %.1f records a sync", role.c_str(), run.sent.rate,
              run.commits / run.sent.seconds, run.records / run.commits);
}

void add_memory_rows(Bench& bench, const ServerRun& run) {
  constexpr double kMiB = 1024 * 1024;
  const double peak = static_cast<double>(run.resident_peak) / kMiB;
  Row memory = compared("resident memory at full load", text("%.0f MiB", peak), "", peak / kMemoryGoalMiB, 1, false);
  memory.ratio.clear();
  memory.goal = text("<= %.0f MiB", kMemoryGoalMiB);
  bench.rows.push_back(std::move(memory));
  if (run.resident.size() < 3) return;
  const auto resident = [&](std::size_t thirds) {
    return static_cast<double>(run.resident[(run.resident.size() - 1) * thirds / 3]) / kMiB;
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
  bench.rows.push_back(verify_row("sink", sink, (before + between) / 2));
  Row beside = verify_row("serve", serve, (between + after) / 2);
  beside.goal = beside.met = "";
  bench.rows.push_back(std::move(beside));
  add_memory_rows(bench, sink);
  bench.notes.push_back(describe("sink", sink));
  bench.notes.push_back(describe("serve", serve));
}

}  // namespace hookledger::bench
