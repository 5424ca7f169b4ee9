#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/bench/bench.h"
#include "tests/bench/server_process.h"
#include "tests/bench/timing.h"
#include "tools/simulate/report.h"

namespace hookledger::bench {

/// What came of sending webhooks to a server as fast as it answers.
struct FullLoad {
  SendReport sent;
  CpuTime cpu;                          ///< Of the server.
  std::vector<std::uint64_t> resident;  ///< Of the server, every tenth of a second.
  std::uint64_t resident_peak = 0;

  double events() const { return static_cast<double>(sent.accepted); }
};
/// Warms the server up first; `before` is called between that and the measurement.
FullLoad run_full_load(const Bench& bench, const ServerProcess& server, std::uint64_t events, std::uint32_t connections,
                       const std::function<void()>& before = {});

/// CPU-seconds of a bare verification, with as many threads at once as a server has.
double verify_seconds(const Bench& bench);

/// Accepted webhooks per CPU-second of the server against bare verifications.
Row verify_row(const std::string& who, const FullLoad& load, double verify, double goal);

}  // namespace hookledger::bench
