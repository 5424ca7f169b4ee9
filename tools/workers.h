#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace hookledger {

/// Threads for work that may wait for others. Threads: any.
class Workers {
 public:
  explicit Workers(unsigned threads);
  ~Workers();  ///< Does what is queued, then ends.
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// False when so much waits already that `work` is not taken.
  bool run(std::function<void()> work);

 private:
  void serve();

  std::mutex mutex_;  ///< Guards the three below.
  std::condition_variable changed_;
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace hookledger
