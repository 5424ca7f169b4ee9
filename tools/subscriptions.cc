#include "tools/subscriptions.h"

#include "tools/http_endpoint.h"
#include "tools/system_random.h"

namespace hookledger {
namespace {

/// For what is under way at the end, of all.
constexpr std::chrono::milliseconds kEndWait{500};

}  // namespace

struct Subscriptions::Running {
  Own own;
  std::optional<Subscription> subscription;
};

Subscriptions::Subscriptions(const Clock& clock) : clock_(clock), memory_(make_key_value_memory()) {}
Subscriptions::~Subscriptions() = default;

Result<std::unique_ptr<Subscriptions>> Subscriptions::start(const std::vector<SubscriptionSettings>& settings,
                                                            Parts parts, const MakeOwn& make_own) {
  std::unique_ptr<Subscriptions> subscriptions(new Subscriptions(parts.clock));
  for (const SubscriptionSettings& each : settings) {
    auto own = make_own(each.options.name);
    if (!own) return own.error();
    auto running = std::make_unique<Running>();
    running->own = std::move(*own);
    auto options = each.options;
    options.seed = random_number();
    options.endpoints_per_thread = kEndpointsPerThread;
    running->subscription.emplace(
        std::move(options),
        Subscription::Parts{[url = each.url] { return make_http_endpoint(url); }, *running->own.log, parts.clock,
                            parts.logger, parts.metrics, running->own.places.get(), running->own.note});
    subscriptions->running_.push_back(std::move(running));
  }
  return subscriptions;
}

void Subscriptions::add(std::uint32_t key, Projection& projection, const std::string& folder) {
  for (const auto& running : running_) {
    if (running->own.on_add) running->own.on_add(key);
    running->subscription->add(key, {projection.store(), projection.partitions(),
                                     folder + "/subscriptions/" + running->subscription->name(), memory_});
  }
}

void Subscriptions::remove(std::uint32_t key) {
  for (const auto& running : running_) running->subscription->remove(key);
}

void Subscriptions::stop() {
  for (const auto& running : running_) running->subscription->pause();
  const auto end = clock_.monotonic() + kEndWait;
  for (const auto& running : running_) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - clock_.monotonic());
    running->subscription->stop(std::max(left, std::chrono::milliseconds(0)));
  }
}

std::vector<LetterBox*> Subscriptions::letter_boxes() const {
  std::vector<LetterBox*> boxes;
  for (const auto& running : running_) boxes.push_back(&*running->subscription);
  return boxes;
}

}  // namespace hookledger
