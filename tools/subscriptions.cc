#include "tools/subscriptions.h"

#include <algorithm>

#include "tools/http_endpoint.h"
#include "tools/system_random.h"

namespace hookledger {
namespace {

/// For what is under way at the end, of all.
constexpr std::chrono::milliseconds kEndWait{500};

}  // namespace

struct Subscriptions::Running {
  SubscriptionSettings settings;
  Own own;
  std::optional<Subscription> subscription;
};

Subscriptions::Subscriptions(Parts parts, MakeOwn make_own)
    : parts_(parts), make_own_(std::move(make_own)), memory_(make_key_value_memory()) {}

Subscriptions::~Subscriptions() = default;

Result<void> Subscriptions::set(const std::vector<SubscriptionSettings>& settings) {
  All all, others, ending = running_;  // Nobody else changes it.
  for (const SubscriptionSettings& each : settings) {
    const auto same = std::ranges::find_if(ending, [&](const auto& running) { return running->settings == each; });
    if (same != ending.end()) {
      all.push_back(*same);
      ending.erase(same);
      continue;
    }
    auto made = make(each);
    if (!made) return made.error();
    others.push_back(*made);
    all.push_back(std::move(*made));
  }
  const std::lock_guard lock(mutex_);
  running_ = std::move(all);
  show_boxes();
  end(ending);
  ending.clear();
  for (const auto& running : others) {
    for (const auto& [key, store] : stores_) add(*running, key, store);
  }
  return {};
}

Result<std::shared_ptr<Subscriptions::Running>> Subscriptions::make(const SubscriptionSettings& settings) const {
  auto own = make_own_(settings.options.name);
  if (!own) return own.error();
  auto running = std::make_shared<Running>();
  running->settings = settings;
  running->own = std::move(*own);
  auto options = settings.options;
  options.seed = random_number();
  options.endpoints_per_thread = kEndpointsPerThread;
  running->subscription.emplace(
      std::move(options),
      Subscription::Parts{http_endpoints_of(settings.url), *running->own.log, parts_.clock, parts_.logger,
                          parts_.metrics, running->own.places.get(), running->own.note});
  return running;
}

void Subscriptions::add(std::uint32_t key, Projection& projection, const std::string& folder) {
  const std::lock_guard lock(mutex_);
  const auto& store = stores_.insert_or_assign(key, Store{&projection, folder}).first->second;
  for (const auto& running : running_) add(*running, key, store);
}

void Subscriptions::add(Running& running, std::uint32_t key, const Store& store) const {
  if (running.own.on_add) running.own.on_add(key);
  running.subscription->add(key, {store.projection->store(), store.projection->partitions(),
                                  store.folder + "/subscriptions/" + running.subscription->name(), memory_});
}

void Subscriptions::remove(std::uint32_t key) {
  const std::lock_guard lock(mutex_);
  stores_.erase(key);
  for (const auto& running : running_) running->subscription->remove(key);
}

void Subscriptions::stop() {
  const std::lock_guard lock(mutex_);
  end(running_);
}

void Subscriptions::end(const All& all) const {
  for (const auto& running : all) running->subscription->pause();
  const auto end = parts_.clock.monotonic() + kEndWait;
  for (const auto& running : all) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - parts_.clock.monotonic());
    running->subscription->stop(std::max(left, std::chrono::milliseconds(0)));
  }
}

LetterBoxes Subscriptions::letter_boxes() const {
  const std::lock_guard lock(boxes_mutex_);
  return boxes_;
}

void Subscriptions::show_boxes() {
  const std::lock_guard lock(boxes_mutex_);
  boxes_.clear();
  for (const auto& running : running_) boxes_.emplace_back(running, &*running->subscription);
}

}  // namespace hookledger
