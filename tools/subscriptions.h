#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "projector/projection.h"
#include "replay/redelivery/subscription.h"
#include "tools/subscription_settings.h"

namespace hookledger {

/// All standing subscriptions of a process. Threads: any.
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

  static Result<std::unique_ptr<Subscriptions>> start(const std::vector<SubscriptionSettings>& settings, Parts parts,
                                                      const MakeOwn& make_own);
  ~Subscriptions();

  /// Delivers from the projection, which outlives `remove`; what is kept for it is in `folder`.
  void add(std::uint32_t key, Projection& projection, const std::string& folder);
  void remove(std::uint32_t key);
  /// Waits shortly for what is under way; nothing is delivered after it.
  void stop();

  /// They live as long as this.
  std::vector<LetterBox*> letter_boxes() const;

 private:
  struct Running;
  explicit Subscriptions(const Clock& clock);

  const Clock& clock_;
  std::shared_ptr<const KeyValueMemory> memory_;
  std::vector<std::unique_ptr<Running>> running_;
};

}  // namespace hookledger
