#include "tools/stop_on_signal.h"

#include "tools/signals.h"

namespace hookledger {

StopOnSignal::StopOnSignal() {
  block_signals();
  waiting_ = std::jthread([this](const std::stop_token& over) {
    constexpr std::chrono::milliseconds kLookAgain(50);
    while (!over.stop_requested()) {
      if (wait_for_signal(kLookAgain) == Signal::kNone) continue;
      unblock_signals();  // In this thread, which has to be there to take one.
      asked_.request_stop();
      while (!over.stop_requested()) std::this_thread::sleep_for(kLookAgain);
    }
  });
}

StopOnSignal::~StopOnSignal() = default;

}  // namespace hookledger
