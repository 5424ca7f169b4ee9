#include "projector/devices.h"

#include "schemas/codec.h"

namespace hookledger {
namespace {

const Error kDamaged{ErrorCode::kCorruption, "the projection's index of devices is damaged: rebuild it"};

std::string encode(const std::optional<Time>& deadline) {
  std::string value;
  if (deadline) Encoder(value).fixed(deadline->time_since_epoch().count());
  return value;
}

std::optional<Time> decode(std::string_view value) {
  Decoder decoder(value);
  const auto micros = decoder.fixed<std::int64_t>();
  return decoder.ok() ? std::optional(Time(Duration(micros))) : std::nullopt;
}

std::string due_key(Time deadline, std::string_view device) {
  return state_key::device_deadlines().append(state_key::earliest_first(deadline)).append(device);
}

Result<void> update(CallStore& store, const RuleSet& rules, const std::string& device, Writes& writes) {
  const auto facts = load_device(store, device);
  if (!facts) return facts.error();
  const bool gone = !facts->own && facts->calls.empty();
  const auto deadline = gone ? std::nullopt : rules.next_deadline(*facts);
  const std::string key = state_key::known_device(device), value = encode(deadline);
  std::string before;
  const auto known = store.bytes().get(key, before);
  if (!known) return known.error();
  if (gone) {
    writes.erase(key);
  } else if (!*known || before != value) {
    writes.put(key, value);
  }
  if (before == value) return {};
  if (const auto old = decode(before)) writes.erase(due_key(*old, device));
  if (deadline) writes.put(due_key(*deadline, device), {});
  return {};
}

/// Keeps the first `max` of those that stand at or after `from`.
void keep(DeviceIds& devices, std::string device, std::string_view from, std::size_t max) {
  if (device < from || (devices.size() == max && device > *devices.rbegin())) return;
  devices.insert(std::move(device));
  if (devices.size() > max) devices.erase(std::prev(devices.end()));
}

/// Gives every device of a scan over those due, or over those marked.
template <class Take>
Result<void> gather(KeyValue::Scan& scan, bool is_due, const Take& take) {
  while (true) {
    const auto more = scan.next();
    if (!more) return more.error();
    if (!*more) return {};
    const std::string_view suffix = scan.key().substr(1);
    auto device = is_due ? parse_due_device(suffix) : parse_changed_device(suffix);
    if (!device) return kDamaged;
    take(std::move(*device));
  }
}

}  // namespace

Result<DeviceFacts> load_device(const CallStore& store, std::string_view device) {
  DeviceFacts facts{.device = std::string(device)};
  auto own = store.find_device(device);
  if (!own) return own.error();
  facts.own = std::move(*own);
  const std::string prefix = state_key::calls_of_device(device);
  const auto scan = store.bytes().scan(prefix, state_key::beyond(prefix));
  while (facts.calls.size() < kCallsOfDeviceMax) {
    const auto more = scan->next();
    if (!more) return more.error();
    if (!*more) break;
    const auto position = parse_position(scan->key().substr(prefix.size()));
    if (!position) return kDamaged;
    auto call = store.find(position->call_id);
    if (!call) return call.error();
    if (*call) facts.calls.push_back(std::move(**call));
  }
  return facts;
}

Result<void> update_devices(CallStore& store, const RuleSet& rules, const DeviceIds& devices, std::uint32_t partition) {
  const std::lock_guard lock(store.devices_mutex());
  Writes writes;
  for (const std::string& device : devices) {
    if (auto updated = update(store, rules, device, writes); !updated) return updated;
    writes.erase(state_key::changed_device(device, partition));
  }
  return store.bytes().write(writes);
}

Result<DeviceIds> due_devices(const CallStore& store, Time at, std::string_view from, std::size_t max) {
  DeviceIds devices;
  const std::string due = state_key::device_deadlines(), changed = state_key::changed_devices();
  const auto due_scan = store.bytes().scan(due, due + state_key::earliest_first(at + Duration(1)));
  const auto changed_scan = store.bytes().scan(changed, state_key::beyond(changed));
  for (const bool is_due : {true, false}) {
    if (auto gathered = gather(*(is_due ? due_scan : changed_scan), is_due,
                               [&](std::string device) { keep(devices, std::move(device), from, max); });
        !gathered) {
      return gathered.error();
    }
  }
  return devices;
}

Result<DeviceIds> devices_due_after(const CallStore& store, Time since, Time at) {
  DeviceIds devices;
  const std::string due = state_key::device_deadlines(), changed = state_key::changed_devices();
  const auto due_scan = store.bytes().scan(due + state_key::earliest_first(since + Duration(1)),
                                           due + state_key::earliest_first(at + Duration(1)));
  const auto changed_scan = store.bytes().scan(changed, state_key::beyond(changed));
  for (const bool is_due : {true, false}) {
    if (auto gathered = gather(*(is_due ? due_scan : changed_scan), is_due,
                               [&](std::string device) { devices.insert(std::move(device)); });
        !gathered) {
      return gathered.error();
    }
  }
  return devices;
}

Result<DeviceIds> known_devices(const CallStore& store, std::string_view from, std::size_t max) {
  DeviceIds devices;
  const std::string known = state_key::known_devices(), changed = state_key::changed_devices();
  const auto known_scan = store.bytes().scan(known + std::string(from), state_key::beyond(known));
  while (devices.size() < max) {
    const auto more = known_scan->next();
    if (!more) return more.error();
    if (!*more) break;
    devices.emplace(known_scan->key().substr(known.size()));
  }
  const auto changed_scan = store.bytes().scan(changed + std::string(from), state_key::beyond(changed));
  while (true) {
    const auto more = changed_scan->next();
    if (!more) return more.error();
    if (!*more) return devices;
    auto device = parse_changed_device(changed_scan->key().substr(changed.size()));
    if (!device) return kDamaged;
    keep(devices, std::move(*device), from, max);
  }
}

}  // namespace hookledger
