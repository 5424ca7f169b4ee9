#include "replay/redelivery/delivery_news.h"

#include <utility>

namespace hookledger {
namespace {

constexpr std::chrono::minutes kSayEvery(1);

bool broken(const Dispatcher::Health& health) { return health.breaker != CircuitBreaker::State::kClosed; }

}  // namespace

void DeliveryNews::attempted(AlertOutcome outcome, const EndpointAnswer& answer) {
  if (outcome == AlertOutcome::kDelivered) return;
  const std::lock_guard lock(mutex_);
  std::string& said = outcome == AlertOutcome::kRefused ? refused_.answer : failure_;
  said = answer.status == 0 ? answer.failure : "HTTP " + std::to_string(answer.status);
  if (outcome == AlertOutcome::kRefused) ++refused_.records;
}

void DeliveryNews::given_up(const DeliveryResult& result) {
  const std::lock_guard lock(mutex_);
  ++given_up_.records;
  given_up_.answer = result.answer;
  given_up_.last = std::to_string(result.place.partition) + "/" + std::to_string(result.place.offset);
}

void DeliveryNews::say(const Dispatcher::Health& health, std::chrono::steady_clock::time_point now) {
  const std::lock_guard lock(mutex_);
  say_turns(health);
  say_some(refused_, "an application refuses records, and gets them again with growing pauses; their calls wait", now);
  say_some(given_up_, "records were given up: see hookledger deadletters list", now);
}

void DeliveryNews::say_turns(const Dispatcher::Health& health) {
  const Logger::Fields name{{"subscription", subscription_}};
  if (health.gone && !said_.gone) {
    logger_.error("an application wants no more: nothing is delivered until a restart", name);
  }
  if (broken(health) && !broken(said_)) {
    logger_.warning("an application fails, and is tried again every few seconds",
                    {{"subscription", subscription_}, {"answer", failure_}});
  }
  if (!broken(health) && broken(said_)) logger_.info("an application is well again", name);
  said_ = health;
}

void DeliveryNews::say_some(Some& some, const char* what, std::chrono::steady_clock::time_point now) {
  if (some.records == 0 || now < some.say_at) return;
  Logger::Fields fields{
      {"subscription", subscription_}, {"records", std::to_string(some.records)}, {"answer", some.answer}};
  if (!some.last.empty()) fields.emplace_back("last", some.last);
  logger_.warning(what, fields);
  some = {.say_at = now + kSayEvery};
}

}  // namespace hookledger
