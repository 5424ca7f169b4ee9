#pragma once

#include <string>
#include <sys/types.h>
#include <vector>

#include "schemas/clock.h"
#include "tests/bench/timing.h"

namespace hookledger::bench {

/// Starts a program. Its messages go to our stderr; `output`, when given, becomes the reading end of its stdout, which
/// else is lost. Ends it when we end.
pid_t start(const std::vector<std::string>& command, int* output = nullptr);

/// What a program that ran to its end has used.
struct Finished {
  CpuTime cpu;
  double seconds = 0;
  std::uint64_t resident_peak = 0;  ///< Bytes.
};
/// Throws when it fails.
Finished run(const Clock& clock, const std::vector<std::string>& command);

}  // namespace hookledger::bench
