#include "tests/bench/timing.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <fstream>
#include <string>
#include <sys/resource.h>
#include <thread>
#include <time.h>
#include <unistd.h>

namespace hookledger::bench {
namespace {

constexpr int kCallsBetweenLooks = 64;

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

}  // namespace

CpuTime cpu_time_of_self() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return {seconds(usage.ru_utime), seconds(usage.ru_stime)};
}

double cpu_seconds_of_thread() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

CpuTime cpu_time_of(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string line;
  std::getline(file, line);
  // The second field, the name, may hold anything; what follows its bracket is the third.
  std::vector<std::string> fields;
  std::string rest = line.substr(line.rfind(')') + 2);
  for (std::size_t at = 0; at != std::string::npos && at < rest.size();) {
    const std::size_t end = rest.find(' ', at);
    fields.push_back(rest.substr(at, end - at));
    at = end == std::string::npos ? end : end + 1;
  }
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  return {std::stod(fields.at(11)) / ticks, std::stod(fields.at(12)) / ticks};
}

ResidentMemory resident_memory_of(pid_t process) {
  ResidentMemory memory;
  std::ifstream file("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("VmHWM:")) memory.peak = 1024 * std::stoull(line.substr(6));
    if (line.starts_with("VmRSS:")) memory.now = 1024 * std::stoull(line.substr(6));
  }
  return memory;
}

double seconds_between(std::chrono::steady_clock::time_point from, std::chrono::steady_clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

double percentile(std::vector<double>& values, double percent) {
  if (values.empty()) return 0;
  const double rank = std::ceil(percent / 100 * static_cast<double>(values.size()));
  const auto index = static_cast<std::ptrdiff_t>(std::max(rank, 1.0)) - 1;
  std::ranges::nth_element(values, values.begin() + index);
  return values[static_cast<std::size_t>(index)];
}

double cpu_seconds_each(const Clock& clock, unsigned threads, double seconds, const std::function<void()>& work) {
  std::vector<double> spent(threads);
  std::vector<std::uint64_t> calls(threads);
  std::vector<std::thread> workers;
  for (unsigned i = 0; i < threads; ++i) {
    workers.emplace_back([&, i] {
      const auto began = clock.monotonic();
      const double before = cpu_seconds_of_thread();
      while (seconds_between(began, clock.monotonic()) < seconds) {
        for (int call = 0; call < kCallsBetweenLooks; ++call) work();
        calls[i] += kCallsBetweenLooks;
      }
      spent[i] = cpu_seconds_of_thread() - before;
    });
  }
  double all_spent = 0;
  std::uint64_t all_calls = 0;
  for (unsigned i = 0; i < threads; ++i) {
    workers[i].join();
    all_spent += spent[i];
    all_calls += calls[i];
  }
  return all_spent / static_cast<double>(all_calls);
}

}  // namespace hookledger::bench
