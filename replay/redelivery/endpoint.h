#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>

#include "projector/receiver_answer.h"
#include "replay/redelivery/outbound.h"

namespace hookledger {

/// A connection to an application that takes records: one request at a time. One thread.
class Endpoint {
 public:
  virtual ~Endpoint() = default;
  /// Sends a request: one attempt. The answer, if it is known at once; else `finish` has it. Blocks within bounds, and
  /// returns soon when it is to stop.
  virtual std::optional<ReceiverAnswer> begin(const OutboundRequest& request, std::stop_token stop) = 0;

  /// Of a connection; -1: there is none. While an answer is to come, `finish` has something to do when this can be
  /// read,
  virtual int file() const { return -1; }
  /// and when the time is over.
  virtual std::chrono::steady_clock::time_point deadline() const { return {}; }
  /// Nothing: the answer is yet to come.
  virtual std::optional<ReceiverAnswer> finish() { return ReceiverAnswer(); }
};

}  // namespace hookledger
