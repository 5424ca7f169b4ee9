#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "projector/projection.h"
#include "replay/redelivery/subscription.h"
#include "tools/subscription_settings.h"

namespace hookledger {

/// All standing subscriptions of a process. Threads: any, but for `set`.
class Subscriptions {
 public:
  struct Parts {  ///< All outlive it.
    const Clock& clock;
    Logger& logger;
    Metrics& metrics;
  };
  /// What each subscription has of its own.
  struct Own {
    std::shared_ptr<LiveLog> log;                            ///< It reads it at its own place.
    std::unique_ptr<SubscriptionPlaces> places{};            ///< Null: nobody else looks for what is done.
    std::function<Result<void>(const std::string&)> note{};  ///< As `Subscription::Parts` has it.
    std::function<void(std::uint32_t)> on_add{};             ///< Before a store is added, with its key.
  };
  using MakeOwn = std::function<Result<Own>(const std::string& name)>;

  Subscriptions(Parts parts, MakeOwn make_own);
  ~Subscriptions();

  /// Those that are as they were go on. Another one begins where the one of its name stopped, a new one as it says.
  /// Waits shortly for what those that end have under way. Errors: of `make_own`; then all is as it was.
  Result<void> set(const std::vector<SubscriptionSettings>& settings);

  /// Delivers from the projection, which outlives `remove`; what is kept for it is in `folder`.
  void add(std::uint32_t key, Projection& projection, const std::string& folder);
  void remove(std::uint32_t key);
  /// Waits shortly for what is under way; nothing is delivered after it.
  void stop();

  LetterBoxes letter_boxes() const;

 private:
  struct Running;
  using All = std::vector<std::shared_ptr<Running>>;
  struct Store {
    Projection* projection;
    std::string folder;
  };

  Result<std::shared_ptr<Running>> make(const SubscriptionSettings& settings) const;
  void add(Running& running, std::uint32_t key, const Store& store) const;
  void end(const All& all) const;
  void show_boxes();

  const Parts parts_;
  const MakeOwn make_own_;
  const std::shared_ptr<const KeyValueMemory> memory_;
  std::mutex mutex_;  ///< Held while they or their stores change, which may take long.
  std::map<std::uint32_t, Store> stores_;
  All running_;
  mutable std::mutex boxes_mutex_;  ///< Guards this.
  LetterBoxes boxes_;
};

}  // namespace hookledger
