#include "replay/redelivery/delivery_news.h"

#include <utility>

namespace hookledger {
namespace {

constexpr std::chrono::minutes kSayEvery(1);

bool broken(const Dispatcher::Health& health) { return health.breaker != CircuitBreaker::State::kClosed; }

}  // namespace

void DeliveryNews::attempted(AttemptOutcome outcome, const ReceiverAnswer& answer) {
  if (outcome == AttemptOutcome::kDelivered) return;
  const std::lock_guard lock(mutex_);
  std::string& said = outcome == AttemptOutcome::kRefused ? refused_.answer : failure_;
  said = describe(answer);
  if (outcome == AttemptOutcome::kRefused) ++refused_.count;
}

void DeliveryNews::given_up(const DeliveryResult& result) {
  const std::lock_guard lock(mutex_);
  ++given_up_.count;
  given_up_.answer = result.answer;
  given_up_.last = std::to_string(result.place.partition) + "/" + std::to_string(result.place.offset);
}

void DeliveryNews::say(const Dispatcher::Health& health, std::chrono::steady_clock::time_point now) {
  std::unique_lock lock(mutex_);
  const std::string failure = failure_;
  const Some refused = take(refused_, now), given_up = take(given_up_, now);
  lock.unlock();
  say_turns(health, failure, now);
  say_some(refused, "an application refuses records, and gets them again with growing pauses; their calls wait",
           "attempts");
  say_some(given_up, "records were given up: see hookledger deadletters list", "records");
}

DeliveryNews::Some DeliveryNews::take(Some& some, std::chrono::steady_clock::time_point now) {
  if (some.count == 0 || now < some.say_at) return {};
  return std::exchange(some, {.say_at = now + kSayEvery});
}

void DeliveryNews::say_turns(Dispatcher::Health health, const std::string& failure,
                             std::chrono::steady_clock::time_point now) {
  const Logger::Fields name{{"subscription", subscription_}};
  if (health.gone && !said_.gone) {
    logger_.error(
        "an application wants no more: nothing is delivered until a restart, or a SIGHUP with another section", name);
  }
  if (broken(health) && !broken(said_) && now < say_broken_at_) health.breaker = said_.breaker;
  if (broken(health) && !broken(said_)) {
    say_broken_at_ = now + kSayEvery;
    logger_.warning("an application fails, and is tried again every few seconds",
                    {{"subscription", subscription_}, {"answer", failure}});
  }
  if (!broken(health) && broken(said_)) logger_.info("an application is well again", name);
  said_ = health;
}

void DeliveryNews::say_some(const Some& some, const char* what, const char* counted) {
  if (some.count == 0) return;
  Logger::Fields fields{
      {"subscription", subscription_}, {counted, std::to_string(some.count)}, {"answer", some.answer}};
  if (!some.last.empty()) fields.emplace_back("last", some.last);
  logger_.warning(what, fields);
}

}  // namespace hookledger
