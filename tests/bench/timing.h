#pragma once

#include <cstdint>
#include <functional>
#include <sys/types.h>
#include <vector>

#include "schemas/clock.h"

namespace hookledger::bench {

/// CPU time of a process with all its threads, in seconds.
struct CpuTime {
  double user = 0, system = 0;

  double total() const { return user + system; }
  friend CpuTime operator-(CpuTime a, CpuTime b) { return {a.user - b.user, a.system - b.system}; }
};

CpuTime cpu_time_of_self();
/// Of the calling thread, in seconds, to the nanosecond.
double cpu_seconds_of_thread();
/// Of a living process, in steps of the system's clock tick.
CpuTime cpu_time_of(pid_t process);

/// Resident bytes, now and at most so far.
struct ResidentMemory {
  std::uint64_t now = 0, peak = 0;
};
ResidentMemory resident_memory_of(pid_t process);

double seconds_between(std::chrono::steady_clock::time_point from, std::chrono::steady_clock::time_point to);

/// Nearest rank; reorders. Zero when there is none.
double percentile(std::vector<double>& values, double percent);

/// CPU-seconds that one `work()` costs, on average, when `threads` threads do nothing else for `seconds`.
double cpu_seconds_each(const Clock& clock, unsigned threads, double seconds, const std::function<void()>& work);

}  // namespace hookledger::bench
