#include "replay/redelivery/lag_note.h"

#include "schemas/json.h"

namespace hookledger {
namespace {

constexpr std::string_view kPrefix = "hookledger.subscription.", kDevice = "subscription ";
constexpr std::string_view kLagging = "hookledger.subscription.lagging",
                           kCaughtUp = "hookledger.subscription.caught_up";

}  // namespace

std::string lag_device(std::string_view subscription) { return std::string(kDevice).append(subscription); }

std::optional<std::string_view> subscription_of_device(std::string_view device) {
  if (!device.starts_with(kDevice)) return std::nullopt;
  return device.substr(kDevice.size());
}

std::optional<LagTurn> lag_turn(const CallFacts* device, Duration age) {
  const bool told =
      device != nullptr && !device->events().empty() && device->text(device->events().back().type) == kLagging;
  // It is no longer behind when half of the limit is reached: who is at the limit must not tell again and again.
  if (told) return age < kLagMax / 2 ? std::optional(LagTurn::kCaughtUp) : std::nullopt;
  return age >= kLagMax ? std::optional(LagTurn::kLagging) : std::nullopt;
}

std::string lag_event(std::string_view subscription, LagTurn turn, std::uint64_t records, Duration age, Time now) {
  const std::string_view type = turn == LagTurn::kLagging ? kLagging : kCaughtUp;
  JsonWriter json;
  json.begin_object();
  json.member("specversion", "1.0");
  json.member("id", std::string(subscription) + "/" + std::string(type) + "/" + format_time(now));
  json.member("source", "/subscriptions/" + std::string(subscription));
  json.member("type", type);
  json.member("time", now);
  json.key("data");
  json.begin_object();
  json.member("device_id", lag_device(subscription));
  json.key("lag_records");
  json.number(records);
  json.key("lag_seconds");
  json.number(std::int64_t{std::chrono::duration_cast<std::chrono::seconds>(age).count()});
  json.end_object();
  json.end_object();
  return std::string(json.view());
}

bool is_lag_note(std::string_view type) { return type.starts_with(kPrefix); }

}  // namespace hookledger
