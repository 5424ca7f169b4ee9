#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include "replay/redelivery/dispatcher.h"
#include "schemas/logging.h"

namespace hookledger {

/// What operators should read of a subscription in the log, a line a minute of each kind at most: that the application
/// fails, and is well again; how many records it refuses, and how many are given up. Threads: any, but for `say`.
class DeliveryNews {
 public:
  /// `logger` outlives it.
  DeliveryNews(std::string subscription, Logger& logger) : subscription_(std::move(subscription)), logger_(logger) {}

  void attempted(AttemptOutcome outcome, const ReceiverAnswer& answer);
  void given_up(const DeliveryResult& result);
  /// What there is to say; to be called now and then, by one thread.
  void say(const Dispatcher::Health& health, std::chrono::steady_clock::time_point now);

 private:
  /// Attempts or records since the last line, and what the application said to the last of them.
  struct Some {
    std::uint64_t count = 0;
    std::string answer{}, last{};
    std::chrono::steady_clock::time_point say_at = std::chrono::steady_clock::time_point::min();
  };

  /// What is to be said now; nothing of it is left.
  static Some take(Some& some, std::chrono::steady_clock::time_point now);
  void say_turns(Dispatcher::Health health, const std::string& failure, std::chrono::steady_clock::time_point now);
  void say_some(const Some& some, const char* what, const char* counted);

  const std::string subscription_;
  Logger& logger_;
  // Of the thread that says:
  Dispatcher::Health said_;
  std::chrono::steady_clock::time_point say_broken_at_ = std::chrono::steady_clock::time_point::min();

  std::mutex mutex_;  ///< Guards all below.
  std::string failure_;
  Some refused_, given_up_;
};

}  // namespace hookledger
