#pragma once

#include <condition_variable>
#include <mutex>

#include "ingest/log/event_log.h"

namespace hookledger::testing {

/// Waits for the outcomes of appends, each of which must be a success. Threads: any.
class AppendWaiter : public AppendObserver {
 public:
  void appended(std::vector<AppendOutcome> outcomes) override {
    const std::lock_guard lock(mutex_);
    for (const AppendOutcome& outcome : outcomes) outcome.result.value();
    done_ += outcomes.size();
    changed_.notify_all();
  }
  void wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return done_ >= count; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t done_ = 0;
};

}  // namespace hookledger::testing
