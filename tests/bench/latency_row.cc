#include <algorithm>
#include <fcntl.h>
#include <stdexcept>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "tests/bench/load.h"
#include "tests/bench/server_process.h"
#include "tests/bench/timing.h"
#include "tools/key_files.h"

namespace hookledger::bench {
namespace {

constexpr double kGoal = 3;
constexpr std::size_t kSyncs = 1'000;
constexpr std::size_t kSyncBytes = 4096;
constexpr std::uint64_t kFullLoadEvents = 40'000;

/// Microseconds that each of kSyncs appends, of 4 KiB and one fdatasync, takes.
std::vector<double> sync_times(const Bench& bench) {
  const std::string path = bench.folder + "/sync";
  const int file = ::open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
  if (file < 0) throw std::runtime_error("cannot write " + path);
  const std::string block(kSyncBytes, 's');
  std::vector<double> times;
  for (std::size_t i = 0; i < kSyncs; ++i) {
    const auto began = bench.clock.monotonic();
    if (::write(file, block.data(), block.size()) != static_cast<ssize_t>(block.size()) || ::fdatasync(file) != 0)
      throw std::runtime_error("cannot write " + path);
    times.push_back(1e6 * seconds_between(began, bench.clock.monotonic()));
  }
  ::close(file);
  ::unlink(path.c_str());
  return times;
}

}  // namespace

void measure_latency(Bench& bench) {
  std::vector<double> syncs = sync_times(bench);
  const ServerProcess server(bench.program, "sink", bench.folder + "/latency", public_key_base64(signing_key()),
                             kServerThreads);
  say("latency: finding the full load");
  const double full = send(bench.clock, server.webhook_url(), {.events = kFullLoadEvents, .seed = 1}).rate;
  const double seconds = bench.full ? 60 : 12;
  say("latency: %.0f events/s for %.0f s", full / 2, seconds);
  const SendReport report =
      send(bench.clock, server.webhook_url(),
           {.events = static_cast<std::uint64_t>(seconds * full / 2), .seed = 2, .rate = full / 2});
  const std::vector<double> later = sync_times(bench);
  syncs.insert(syncs.end(), later.begin(), later.end());

  const auto row = [&](const char* name, std::chrono::microseconds latency, double percent) {
    const double sync = percentile(syncs, percent);
    const auto taken = static_cast<double>(latency.count());
    return compared(std::string("durable 200 at half load, ") + name, text("%.0f us", taken),
                    text("%.0f us write + fdatasync", sync), taken / sync, kGoal, false);
  };
  bench.rows.push_back(row("p99", report.latency.p99, 99));
  Row median = row("p50", report.latency.p50, 50);
  median.goal = median.met = "";
  bench.rows.push_back(std::move(median));
  bench.notes.push_back(
      text("latency: half of %.0f webhooks/s, as the client sees it from when a webhook was due", full));
}

}  // namespace hookledger::bench
