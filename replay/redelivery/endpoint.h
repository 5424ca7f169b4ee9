#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>

#include "replay/redelivery/outbound.h"
#include "schemas/time.h"

namespace hookledger {

/// What an application said to one request.
struct EndpointAnswer {
  unsigned status = 0;                    ///< HTTP's; 0: there was no answer.
  std::optional<Duration> retry_after{};  ///< It wants nothing before.
  std::string failure{};                  ///< Why there was no answer.
};

/// A connection to an application that takes records: one request at a time. One thread.
class Endpoint {
 public:
  virtual ~Endpoint() = default;
  /// Sends a request: one attempt. The answer, if it is known at once; else `finish` has it. Blocks within bounds, and
  /// returns soon when it is to stop.
  virtual std::optional<EndpointAnswer> begin(const OutboundRequest& request, std::stop_token stop) = 0;

  /// Of a connection; -1: there is none. While an answer is to come, `finish` has something to do when this can be
  /// read,
  virtual int file() const { return -1; }
  /// and when the time is over.
  virtual std::chrono::steady_clock::time_point deadline() const { return {}; }
  /// Nothing: the answer is yet to come.
  virtual std::optional<EndpointAnswer> finish() { return EndpointAnswer(); }
};

}  // namespace hookledger
