#pragma once

#include <memory>

#include "ingest/log/event_log.h"
#include "tests/ingest/append_client.h"
#include "tests/support/manual_clock.h"

namespace hookledger::testing {

/// A new, empty log of one engine, for log_suite.cc.
class LogEngine {
 public:
  virtual ~LogEngine() = default;
  /// Closes it first when it is open.
  virtual void open() = 0;
  virtual EventLog& log() = 0;
  /// As its owner, beside the one that is open.
  virtual Result<std::unique_ptr<EventLog>> open_second() = 0;
  virtual std::unique_ptr<LogReader> open_reader() = 0;
  virtual ManualClock& clock() = 0;
  virtual Duration dedup_window() const = 0;
};

/// Each test program has its own.
std::unique_ptr<LogEngine> make_log_engine(std::uint32_t partitions);

}  // namespace hookledger::testing
