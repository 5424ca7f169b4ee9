#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tools/simulate/plan.h"

namespace hookledger {

/// From sending a request (with a rate or a pace: from when it was due) to having read its answer.
struct Latencies {
  std::chrono::microseconds p50{0}, p90{0}, p99{0}, p999{0}, max{0};
};

/// Exact, by nearest rank. Zeros when there are none. Reorders `microseconds`.
Latencies latencies_of(std::vector<std::uint32_t>& microseconds);

/// What came of sending a plan.
struct SendReport {
  std::uint64_t sent = 0;                     ///< Deliveries sent at least once.
  std::uint64_t retries = 0;                  ///< Requests sent again, after a 503 or a lost connection.
  std::uint64_t unanswered = 0;               ///< Deliveries that got no answer in the end.
  std::uint64_t reconnects = 0;               ///< Connections lost with a request on its way.
  std::map<unsigned, std::uint64_t> answers;  ///< By status, retries included.
  unsigned refused_with = 0;                  ///< Status of the first answer but 200; 0: there was none.
  std::string refusal;                        ///< Its body.
  std::uint64_t accepted = 0, duplicate = 0, unrecognised = 0;  ///< What the answers with 200 said.
  Latencies latency;
  double seconds = 0;       ///< The timed part: without writing and signing requests.
  double rate = 0;          ///< Answers a second in the timed part.
  std::vector<bool> taken;  ///< By delivery: answered 200.
};

/// A table for people. Without `sent`: what was written to a file.
std::string render_report(const Plan& plan, const SendReport* sent);
/// The same as one JSON document.
std::string report_json(const Plan& plan, const SendReport* sent);

}  // namespace hookledger
