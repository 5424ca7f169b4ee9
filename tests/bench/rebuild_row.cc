#include "ingest/log/embedded_log.h"
#include "projector/rules/built_in_rules.h"
#include "schemas/json.h"
#include "tests/bench/bench.h"
#include "tests/bench/child.h"
#include "tests/bench/prepared_log.h"
#include "tests/bench/timed_fold.h"
#include "tests/bench/timing.h"

namespace hookledger::bench {
namespace {

constexpr double kGoalPerCpuSecond = 500'000;

/// CPU-seconds of this process to visit every record.
template <class Visit>
double scan_seconds(const LogReader& log, Visit visit) {
  const CpuTime before = cpu_time_of_self();
  for (std::uint32_t partition = 0; partition < log.partitions(); ++partition) {
    for (const auto cursor = log.scan(partition, 0); cursor->next().value();) visit(cursor->bytes());
  }
  return (cpu_time_of_self() - before).total();
}

}  // namespace

void measure_rebuild(Bench& bench) {
  const PreparedLog prepared = prepare_log(bench.clock, bench.folder, bench.events);
  std::uint64_t events = 0, bytes = 0, json = 0;
  double scan = 0, parse = 0;
  {
    const auto log = open_embedded_log_reader(prepared.data_dir + "/log").value();
    scan = scan_seconds(*log, [&](std::string_view record) {
      ++events;
      bytes += record.size();
    });
    parse = scan_seconds(*log, [&](std::string_view record) { json += is_json(decode_record(record)->body) ? 1 : 0; });
  }
  const auto count = static_cast<double>(events);
  const auto rules = built_in_rules();
  const auto add_row = [&](std::string work, double cpu, double seconds) {
    const double rate = count / cpu;
    Row row = compared(std::move(work), text("%.0f (%.0f/s on the wall)", rate, count / seconds),
                       text("%.0f scan and parse", count / parse), rate / kGoalPerCpuSecond, 1, true);
    row.ratio = text("%.2f", rate * parse / count);
    row.goal = text(">= %.0f a core", kGoalPerCpuSecond);
    bench.rows.push_back(std::move(row));
  };
  for (const unsigned threads : {1U, 2U}) {
    const char* const plural = threads == 1 ? "" : "s";
    say("rebuild: %llu events, %u thread%s", static_cast<unsigned long long>(events), threads, plural);
    const auto began = bench.clock.monotonic();
    const double cpu = fold_seconds(prepared.data_dir + "/log", bench.folder + "/folded", *rules, threads);
    add_row(text("rebuild, events per CPU-second, %u thread%s", threads, plural), cpu,
            seconds_between(began, bench.clock.monotonic()));
    const Finished done = run(bench.clock, {bench.program, "rebuild", "--data-dir", prepared.data_dir, "--threads",
                                            std::to_string(threads), "--quiet"});
    add_row("  the whole command, with its digest", done.cpu.total(), done.seconds);
    bench.notes.push_back(text("rebuild, %u threads: %.2f us/event user, %.2f system; resident at most %.0f MiB",
                               threads, 1e6 * done.cpu.user / count, 1e6 * done.cpu.system / count,
                               static_cast<double>(done.resident_peak) / (1024 * 1024)));
  }
  bench.notes.push_back(
      text("log: %llu events of %.0f bytes; scanning alone %.2f us/event, %.0f MB per CPU-second; with "
           "the check of each body as JSON %.2f us/event",
           static_cast<unsigned long long>(json), static_cast<double>(bytes) / count, 1e6 * scan / count,
           1e-6 * static_cast<double>(bytes) / scan, 1e6 * parse / count));
}

}  // namespace hookledger::bench
