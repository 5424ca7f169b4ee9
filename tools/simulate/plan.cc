#include "tools/simulate/plan.h"

#include <algorithm>

#include "tools/simulate/event_body.h"
#include "tools/simulate/random.h"

namespace hookledger {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kShelfBytesMax = 64U << 20;

// The provider tries again when it has had no answer for two seconds.
constexpr Duration kRetryLeast = 2s, kRetryMost = 2500ms;
constexpr Duration kLagLeast = 30ms, kLagMost = 400ms;

bool is_probability(double value) { return value >= 0 && value <= 1; }

/// Draws for one call what happens to its deliveries.
void deliver(const CallScript& script, std::uint32_t call, Plan& plan) {
  const TrafficOptions& options = plan.options;
  Random random({options.seed, call, 1});
  for (std::uint32_t i = 0; i < script.events.size(); ++i) {
    ++plan.events;
    if (random.chance(options.drop)) {
      ++plan.dropped;
      continue;
    }
    Time at = script.events[i].occurred_at + random.between(kLagLeast, kLagMost);
    for (unsigned attempt = 1; attempt <= TrafficOptions::kAttemptsMax; ++attempt) {
      const Time arrives_at = at + random.between(Duration(0), options.delay_max);
      plan.deliveries.push_back({arrives_at, {call, i}, attempt});
      if (!random.chance(options.duplicate)) break;
      at += random.between(kRetryLeast, kRetryMost);
    }
  }
}

void shuffle(Plan& plan, Time last_event) {
  Random random({plan.options.seed, plan.options.calls, 2});
  std::vector<Delivery>& all = plan.deliveries;
  for (std::size_t i = all.size(); i > 1; --i) std::swap(all[i - 1], all[random.below(i)]);
  for (Delivery& delivery : all) delivery.arrives_at = last_event += 1ms;
}

}  // namespace

std::optional<Error> check_options(const TrafficOptions& options) {
  const auto bad = [](std::string detail) { return Error{ErrorCode::kUsage, std::move(detail)}; };
  if (options.calls == 0 || options.calls > TrafficOptions::kCallsMax) return bad("--calls must be 1 to 10000000");
  if (options.legs > TrafficOptions::kLegsMax) return bad("--legs must be 1 to 1000");
  if (!is_probability(options.duplicate)) return bad("--duplicate must be a probability, 0 to 1");
  if (!is_probability(options.drop)) return bad("--drop must be a probability, 0 to 1");
  if (options.talk < 0s || options.talk > 2h) return bad("--talk must be 0 to 2h");
  if (options.delay_max < 0s || options.delay_max > 30 * 24h) return bad("--delay-max must be 0 to 30d");
  return std::nullopt;
}

Result<Plan> make_plan(const TrafficOptions& options) {
  if (std::optional<Error> error = check_options(options)) return std::move(*error);
  Plan plan{.options = options};
  Time last_event = options.start;
  for (std::uint32_t call = 0; call < options.calls; ++call) {
    const CallScript script = write_call_script(options, call);
    last_event = std::max(last_event, script.events.back().occurred_at);
    deliver(script, call, plan);
  }
  std::ranges::stable_sort(plan.deliveries, {}, &Delivery::arrives_at);
  if (options.shuffle) shuffle(plan, last_event);
  return plan;
}

const CallScript& ScriptShelf::script(std::uint32_t call) {
  if (const auto found = scripts_.find(call); found != scripts_.end()) return found->second;
  CallScript script = write_call_script(options_, call);
  std::size_t bytes = 0;
  for (const ScriptedEvent& event : script.events) bytes += sizeof event + event.data.capacity();
  while (!oldest_first_.empty() && bytes_ + bytes > kShelfBytesMax) {
    scripts_.erase(oldest_first_.front().first);
    bytes_ -= oldest_first_.front().second;
    oldest_first_.pop_front();
  }
  oldest_first_.emplace_back(call, bytes);
  bytes_ += bytes;
  return scripts_.emplace(call, std::move(script)).first->second;
}

std::string ScriptShelf::body(const Delivery& delivery) {
  return delivery_body(script(delivery.event.call).events[delivery.event.event].data, delivery.attempt);
}

}  // namespace hookledger
