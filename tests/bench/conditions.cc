#include <fstream>
#include <sys/utsname.h>
#include <thread>

#include "tests/bench/bench.h"

namespace hookledger::bench {
namespace {

std::string processor() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown processor";
}

/// Device, type and options of the longest mount point that `folder` is below.
std::string file_system(const std::string& folder) {
  std::ifstream file("/proc/mounts");
  std::string best, device, point, type, options, rest, best_point;
  while (file >> device >> point >> type >> options && std::getline(file, rest)) {
    const bool holds =
        folder.starts_with(point) && (point == "/" || folder.size() == point.size() || folder[point.size()] == '/');
    if (!holds || point.size() < best_point.size()) continue;
    best_point = point;
    best = type + " on " + device + " (" + options + ")";
  }
  return best;
}

std::string load_average() {
  std::ifstream file("/proc/loadavg");
  std::string one;
  file >> one;
  return one;
}

}  // namespace

std::vector<std::string> conditions(const std::string& folder) {
  utsname system{};
  ::uname(&system);
  return {processor() + ", " + std::to_string(std::thread::hardware_concurrency()) + " cores, load " + load_average(),
          std::string(system.sysname) + " " + system.release, file_system(folder) + ": " + folder};
}

}  // namespace hookledger::bench
