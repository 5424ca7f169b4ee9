#include "tools/live_projection.h"

#include <thread>

#include "ingest/own_event.h"
#include "replay/redelivery/lag_note.h"
#include "tools/signals.h"

namespace hookledger {
namespace {

constexpr std::chrono::milliseconds kReadersPause{5}, kFoldWait{200};
constexpr std::size_t kLaggingMax = 100;

}  // namespace

LiveProjection::LiveProjection(Parts parts, Options options)
    : parts_(parts),
      options_(std::move(options)),
      subscriptions_({parts.clock, parts.logger, parts.metrics}, [this](const std::string&) {
        return Result<Subscriptions::Own>(
            {.log = {&parts_.log, [](LiveLog*) {}}, .note = [this](const std::string& body) { return note(body); }});
      }) {}

/// Nobody uses the store when it goes, however far the start came.
LiveProjection::~LiveProjection() {
  alerts_.reset();
  subscriptions_.remove(0);
}

Result<void> LiveProjection::open(LiveSettings settings) {
  auto opened = Projection::open({.data_dir = options_.data_dir, .threads = options_.threads},
                                 {parts_.log, *settings.rules, parts_.clock, parts_.logger, nullptr, stop_is_wanted});
  if (!opened) {
    const std::lock_guard lock(mutex_);
    trouble_ = opened.error().detail;
    return opened.error();
  }
  const std::shared_ptr<Projection> projection = std::move(*opened);
  {
    const std::lock_guard lock(mutex_);
    rules_ = std::move(settings.rules);
    projection_ = projection;
  }
  alert_settings_ = std::move(settings.alerts);
  if (auto started = start_alerts(*projection); !started) return started.error();
  if (auto set = set_subscriptions(settings.subscriptions); !set) return set.error();
  subscriptions_.add(0, *projection, options_.data_dir);
  return {};
}

Result<void> LiveProjection::start_alerts(Projection& projection) {
  const std::shared_ptr<const LogReader> log(&parts_.log, [](const LogReader*) {});
  auto alerts = Alerts::start(alert_settings_, {*rules_, parts_.clock, parts_.logger, parts_.metrics},
                              [&] { return Result<std::shared_ptr<const LogReader>>(log); });
  if (!alerts) return alerts.error();
  alerts_ = std::move(*alerts);
  alerts_->add(0, projection, options_.data_dir);
  return {};
}

Result<void> LiveProjection::set_subscriptions(const std::vector<SubscriptionSettings>& settings) {
  subscription_names_.clear();
  for (const SubscriptionSettings& each : settings) subscription_names_.insert(each.options.name);
  some_may_be_gone_ = true;
  return subscriptions_.set(settings);
}

void LiveProjection::tick() {
  const auto projection = get();
  if (!some_may_be_gone_ || projection == nullptr || !projection->settle({}, kFoldWait)) return;
  some_may_be_gone_ = !end_lag_of_gone(*projection);
}

/// A subscription that was taken out while it was behind is behind no longer.
Result<void> LiveProjection::end_lag_of_gone(const Projection& projection) const {
  FindingFilter filter;
  filter.rule = kLagRule;
  const Time now = parts_.clock.wall();
  const auto lagging = projection.queries().findings(filter, {.limit = kLaggingMax, .cursor = {}}, now);
  if (!lagging) return lagging.error();
  for (const Finding& finding : lagging->items) {
    const auto name = subscription_of_device(finding.device_id);
    if (!name || subscription_names_.contains(std::string(*name))) continue;
    if (auto told = note(lag_event(*name, LagTurn::kCaughtUp, 0, {}, now)); !told) return told;
  }
  return {};
}

Result<void> LiveProjection::note(const std::string& body) const {
  const auto appended = options_.append({own_event(body, parts_.clock.wall(), parts_.log.partitions())});
  if (!appended.front()) return appended.front().error();
  return {};
}

Result<void> LiveProjection::replace(LiveSettings settings) {
  if (projection_ == nullptr || !settings.rules->same_as(*rules_)) {
    close();
    return open(std::move(settings));
  }
  if (settings.alerts != alert_settings_) {
    alerts_.reset();
    alert_settings_ = std::move(settings.alerts);
    if (auto started = start_alerts(*projection_); !started) return started.error();
  }
  return set_subscriptions(settings.subscriptions);
}

/// Waits for those who still read: the store can be opened again only when nobody has it.
void LiveProjection::close() {
  alerts_.reset();
  subscriptions_.remove(0);
  std::weak_ptr<Projection> last;
  {
    const std::lock_guard lock(mutex_);
    if (projection_ == nullptr) return;
    last = projection_;
    trouble_ = "the past is evaluated by changed rules: the log shows how far it is";
  }
  if (const auto projection = last.lock()) projection->stop();
  {
    const std::lock_guard lock(mutex_);
    projection_.reset();
  }
  while (!last.expired()) std::this_thread::sleep_for(kReadersPause);
}

void LiveProjection::stop() {
  alerts_.reset();
  subscriptions_.stop();
  if (const auto projection = get()) projection->stop();
}

std::shared_ptr<Projection> LiveProjection::get() const {
  const std::lock_guard lock(mutex_);
  return projection_;
}

std::shared_ptr<const RuleSet> LiveProjection::rules() const {
  const std::lock_guard lock(mutex_);
  return rules_;
}

std::optional<std::string> LiveProjection::not_ready() const {
  const auto projection = get();
  if (projection != nullptr) return projection->projector().not_ready();
  const std::lock_guard lock(mutex_);
  return trouble_;
}

}  // namespace hookledger
