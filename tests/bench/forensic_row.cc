#include <dirent.h>
#include <fcntl.h>
#include <filesystem>
#include <random>
#include <stdexcept>
#include <unistd.h>

#include "ingest/log/embedded_log.h"
#include "projector/projection_view.h"
#include "projector/rules/built_in_rules.h"
#include "replay/timeline.h"
#include "schemas/json.h"
#include "tests/bench/bench.h"
#include "tests/bench/child.h"
#include "tests/bench/prepared_log.h"

namespace hookledger::bench {
namespace {

constexpr double kGoalMicroseconds = 1'000;
constexpr std::size_t kReads = 5'000, kColdReads = 500;
constexpr std::uint64_t kSeed = 7;

/// Takes every file of the folder out of the system's cache.
void forget_files(const std::string& folder) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    const int file = ::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) continue;
    ::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
    ::close(file);
  }
}

/// Microseconds of each read.
struct Times {
  std::vector<double> wall{}, cpu{};
};

class Forensics {
 public:
  Forensics(const Bench& bench, const PreparedLog& prepared)
      : clock_(bench.clock), prepared_(prepared), rules_(built_in_rules()) {
    view_ = open_view(prepared.data_dir, *rules_, [&] {
              return open_embedded_log_reader(prepared.data_dir + "/log");
            }).value();
  }

  /// Reads random calls and writes them as JSON.
  Times read_calls(std::size_t reads, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    Times times;
    for (std::size_t i = 0; i < reads; ++i) {
      const std::string id = prepared_.call_id(static_cast<std::uint32_t>(random() % prepared_.calls));
      const auto began = clock_.monotonic();
      const double cpu_before = cpu_seconds_of_thread();
      const auto facts = view_.store->find(id).value();
      if (!facts) throw std::runtime_error("a call is not in the projection");
      const Timeline timeline = read_timeline(*facts, *view_.log, *rules_, {.at = Time::max()}).value();
      json_.clear();
      write_json(json_, timeline);
      times.cpu.push_back(1e6 * (cpu_seconds_of_thread() - cpu_before));
      times.wall.push_back(1e6 * seconds_between(began, clock_.monotonic()));
      for (const TimelineEntry& entry : timeline.entries) {
        if (entry.signature != StoredSignature::kValid) throw std::runtime_error("a stored signature does not verify");
      }
      entries_ += timeline.entries.size();
    }
    return times;
  }

  std::uint64_t entries() const { return entries_; }

 private:
  const Clock& clock_;
  const PreparedLog& prepared_;
  std::unique_ptr<RuleSet> rules_;
  ProjectionView view_;
  JsonWriter json_;
  std::uint64_t entries_ = 0;
};

Row row_of(const std::string& name, Times times) {
  const double p99 = percentile(times.wall, 99);
  Row row = compared("forensic read of one call, p99, " + name,
                     text("%.0f us (p50 %.0f us)", p99, percentile(times.wall, 50)),
                     text("%.0f us of CPU (p50 %.0f us)", percentile(times.cpu, 99), percentile(times.cpu, 50)),
                     p99 / kGoalMicroseconds, 1, false);
  row.ratio = text("%.2f", p99 / percentile(times.cpu, 99));
  row.goal = text("<= %.0f us", kGoalMicroseconds);
  return row;
}

}  // namespace

void measure_forensic(Bench& bench) {
  const PreparedLog prepared = prepare_log(bench.clock, bench.folder, bench.events);
  if (!std::filesystem::exists(prepared.data_dir + "/projection/CURRENT"))
    run(bench.clock, {bench.program, "rebuild", "--data-dir", prepared.data_dir, "--quiet"});
  say("forensic read: %zu calls of %u, files cached; %zu not cached", kReads, prepared.calls, kColdReads);
  {
    Forensics forensics(bench, prepared);
    forensics.read_calls(kReads, kSeed);
    bench.rows.push_back(row_of("cached", forensics.read_calls(kReads, kSeed)));
    bench.notes.push_back(text("forensic: %.1f events a call of %llu in all, each signature verified, with its JSON",
                               static_cast<double>(forensics.entries()) / (2 * kReads),
                               static_cast<unsigned long long>(prepared.events)));
  }
  forget_files(prepared.data_dir);
  Row cold = row_of("from disk", Forensics(bench, prepared).read_calls(kColdReads, kSeed + 1));
  cold.goal = cold.met = "";
  bench.rows.push_back(std::move(cold));
}

}  // namespace hookledger::bench
