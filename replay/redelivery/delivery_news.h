#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include "replay/redelivery/dispatcher.h"
#include "schemas/logging.h"

namespace hookledger {

/// What operators should read of a subscription in the log: each turn of the application once, and of records that it
/// refuses or that are given up a line a minute at most, however many they are. Threads: any, but for `say`.
class DeliveryNews {
 public:
  /// `logger` outlives it.
  DeliveryNews(std::string subscription, Logger& logger) : subscription_(std::move(subscription)), logger_(logger) {}

  void attempted(AlertOutcome outcome, const EndpointAnswer& answer);
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
  void say_turns(const Dispatcher::Health& health, const std::string& failure);
  void say_some(const Some& some, const char* what, const char* counted);

  const std::string subscription_;
  Logger& logger_;
  Dispatcher::Health said_;  ///< Of the thread that says.

  std::mutex mutex_;  ///< Guards all below.
  std::string failure_;
  Some refused_, given_up_;
};

}  // namespace hookledger
