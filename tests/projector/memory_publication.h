#pragma once

#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

#include "projector/publication.h"

namespace hookledger::testing {

/// Topics in memory. Fails whenever it is told to: before anything was taken, or after all of it was. Threads: any.
class MemoryPublication : public Publication {
 public:
  enum class Failure : std::uint8_t { kNone, kBefore, kAfter };

  Result<Published> published(std::uint32_t partition) override {
    const std::lock_guard lock(mutex_);
    return progress_[partition];
  }

  Result<void> publish(const std::vector<Message>& messages,
                       const std::map<std::uint32_t, Published>& progress) override {
    under_way_ = true;
    std::this_thread::sleep_for(takes_.load());
    under_way_ = false;
    const std::lock_guard lock(mutex_);
    ++publishings_;
    if (failure_ == Failure::kBefore) return failed();
    for (const Message& message : messages) {
      log_.push_back(message);
      auto& topic = message.topic == Topic::kCalls ? calls_ : findings_;
      if (message.value) {
        topic[message.key] = *message.value;
      } else {
        topic.erase(message.key);
      }
    }
    for (const auto& [partition, published] : progress) progress_[partition] = published;
    return failure_ == Failure::kAfter ? failed() : Result<void>();
  }

  void clear() {
    const std::lock_guard lock(mutex_);
    progress_.clear();
    calls_.clear();
    findings_.clear();
    log_.clear();
  }
  void fail(Failure failure) {
    const std::lock_guard lock(mutex_);
    failure_ = failure;
  }

  void take(std::chrono::milliseconds time) { takes_ = time; }
  bool under_way() const { return under_way_; }

  using Latest = std::map<std::string, std::string>;  ///< By key.
  Latest calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
  }
  Latest findings() const {
    const std::lock_guard lock(mutex_);
    return findings_;
  }
  /// All messages, in order.
  std::vector<Message> log() const {
    const std::lock_guard lock(mutex_);
    return log_;
  }
  std::size_t publishings() const {
    const std::lock_guard lock(mutex_);
    return publishings_;
  }

 private:
  static Result<void> failed() { return Error{ErrorCode::kUnavailable, "told to fail"}; }

  std::atomic<std::chrono::milliseconds> takes_{};
  std::atomic<bool> under_way_ = false;
  mutable std::mutex mutex_;  ///< Guards all below.
  std::map<std::uint32_t, Published> progress_;
  Latest calls_, findings_;
  std::vector<Message> log_;
  std::size_t publishings_ = 0;
  Failure failure_ = Failure::kNone;
};

}  // namespace hookledger::testing
