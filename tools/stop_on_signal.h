#pragma once

#include <stop_token>
#include <thread>

namespace hookledger {

/// Lets long work end by itself: the first SIGTERM, SIGINT or SIGHUP asks it to stop, a second ends the program at
/// once. One at a time, made before any other thread.
class StopOnSignal {
 public:
  StopOnSignal();
  ~StopOnSignal();
  StopOnSignal(const StopOnSignal&) = delete;
  StopOnSignal& operator=(const StopOnSignal&) = delete;

  std::stop_token token() const { return asked_.get_token(); }

 private:
  std::stop_source asked_;
  std::jthread waiting_;
};

}  // namespace hookledger
