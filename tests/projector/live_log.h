#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ingest/log/embedded_log.h"
#include "tests/projector/history.h"
#include "tests/support/append_waiter.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temporary_folder.h"

namespace hookledger::testing {

/// An embedded log in a temporary folder, with appends that wait until they are durable.
class LiveLog {
 public:
  explicit LiveLog(std::uint32_t partitions) : partitions_(partitions) { open(); }

  void open() {
    log_.reset();
    log_ = open_embedded_log({.store = {.path = folder_ / "log", .partitions = partitions_}, .limits = {}}, clock_,
                             logger_, metrics_)
               .value();
  }

  void append(const std::vector<HistoryEvent>& history) {
    std::vector<Append> appends;
    for (const HistoryEvent& event : history) {
      event.with_record([&](const RecordView& record) {
        Append append;
        append.record = encode_record(record);
        append.dedup_key = dedup_key(record.source, record.id);
        append.partition = partition_of(record.key, partitions_);
        appends.push_back(std::move(append));
      });
    }
    append_all(std::move(appends));
  }

  void append_damaged(std::uint32_t partition) {
    std::vector<Append> appends(1);
    appends[0].record = "damaged";
    appends[0].dedup_key = "damaged";
    appends[0].partition = partition;
    append_all(std::move(appends));
  }

  std::unique_ptr<LogReader> open_reader() const { return open_embedded_log_reader(folder_ / "log").value(); }

  EventLog& operator*() { return *log_; }
  EventLog* operator->() { return log_.get(); }
  ManualClock& clock() { return clock_; }
  Logger& logger() { return logger_; }
  const TemporaryFolder& folder() const { return folder_; }

 private:
  void append_all(std::vector<Append> appends) {
    AppendWaiter waiter;
    for (Append& append : appends) append.observer = &waiter;
    const std::size_t count = appends.size();
    log_->submit(appends).value();
    waiter.wait_for(count);
  }

  TemporaryFolder folder_;
  ManualClock clock_{kStart};
  Logger logger_{{.json = false, .level = Logger::Level::kError}};
  Metrics metrics_;
  std::uint32_t partitions_;
  std::unique_ptr<EventLog> log_;
};

}  // namespace hookledger::testing
