#pragma once

#include <memory>
#include <string>

#include "ingest/log/embedded_log.h"
#include "tests/ingest/append_client.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temporary_folder.h"

namespace hookledger::testing {

inline constexpr Time kNow{std::chrono::sys_days{std::chrono::year{2026} / 2 / 8}};
inline constexpr std::uint32_t kPartitions = 4;

/// An embedded log in a temporary folder, and what it needs. A bad disk is tried again after 5 ms.
class TestLog {
 public:
  explicit TestLog(CommitLimits limits = {}, rocksdb::Env* env = nullptr) {
    options_.store.path = folder_ / "log";
    options_.store.partitions = kPartitions;
    options_.store.env = env;
    options_.limits = limits;
    options_.limits.probe_interval = 5ms;
  }

  Result<void> try_open() {
    log_.reset();
    auto log = open_embedded_log(options_, clock_, logger_, metrics_);
    if (!log) return log.error();
    log_ = std::move(*log);
    return {};
  }
  void open() { try_open().value(); }
  void close() { log_.reset(); }

  Result<std::unique_ptr<EventLog>> open_another(std::uint32_t partitions) {
    EmbeddedLogOptions options = options_;
    options.store.partitions = partitions;
    return open_embedded_log(options, clock_, logger_, metrics_);
  }

  std::vector<Result<Appended>> append(const std::vector<LogEvent>& events) { return client_.append(*log_, events); }
  Result<Appended> append(const std::string& id, const std::string& call = "call-1") {
    return client_.append(*log_, LogEvent{.id = id, .call = call});
  }

  EventLog& operator*() { return *log_; }
  EventLog* operator->() { return log_.get(); }
  AppendClient& client() { return client_; }
  ManualClock& clock() { return clock_; }
  Logger& logger() { return logger_; }
  Metrics& metrics() { return metrics_; }
  EmbeddedLogOptions& options() { return options_; }
  const EmbeddedLogOptions& options() const { return options_; }
  const std::string& path() const { return options_.store.path; }

 private:
  TemporaryFolder folder_;
  ManualClock clock_{kNow};
  Logger logger_{{.json = false, .level = Logger::Level::kError}};
  Metrics metrics_;
  AppendClient client_{kPartitions};
  EmbeddedLogOptions options_;
  std::unique_ptr<EventLog> log_;
};

}  // namespace hookledger::testing
