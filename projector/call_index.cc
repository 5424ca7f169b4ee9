#include "projector/call_index.h"

namespace hookledger {
namespace {

constexpr char kFormat = 'M', kCovered = 'O', kCall = 'C', kLeg = 'L', kNumber = 'N', kOrganization = 'G',
               kStatus = 'S', kTime = 'T', kDeadline = 'D', kRules = 'R', kDevice = 'E', kFields = 'F',
               kCallsOfDevice = 'V', kDeviceDeadline = 'X', kChangedDevice = 'Y', kKnownDevice = 'Z', kRate = 'W';
constexpr std::uint64_t kSign = std::uint64_t{1} << 63;
constexpr std::size_t kTimeBytes = 8;

template <class T>
void append_big_endian(std::string& out, T value) {
  char bytes[sizeof value];
  for (std::size_t i = 0; i < sizeof value; ++i) {
    bytes[i] = static_cast<char>(static_cast<unsigned char>(value >> (8 * (sizeof value - 1 - i))));
  }
  out.append(bytes, sizeof value);
}

std::uint64_t read_big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < kTimeBytes; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

std::uint64_t ascending(Time time) { return static_cast<std::uint64_t>(time.time_since_epoch().count()) ^ kSign; }
Time time_of(std::uint64_t ascending) { return Time(Duration(static_cast<std::int64_t>(ascending ^ kSign))); }

void append_framed(std::string& out, std::string_view text) {
  for (std::size_t zero; (zero = text.find('\0')) != std::string_view::npos; text.remove_prefix(zero + 1)) {
    out.append(text.substr(0, zero)).append("\0\xff", 2);
  }
  out.append(text).append("\0\x01", 2);
}

std::string prefix(char kind) { return std::string(1, kind); }

std::string framed(char kind, std::string_view text) {
  std::string key(1, kind);
  append_framed(key, text);
  return key;
}

std::string with_partition(char kind, std::uint32_t partition) {
  std::string key(1, kind);
  append_big_endian(key, partition);
  return key;
}

}  // namespace

namespace state_key {

std::string format() { return prefix(kFormat); }
std::string rules() { return prefix(kRules); }
std::string covered(std::uint32_t partition) { return with_partition(kCovered, partition); }
std::string calls() { return prefix(kCall); }
std::string call(std::string_view call_id) { return prefix(kCall).append(call_id); }
bool is_call(std::string_view key) { return !key.empty() && key.front() == kCall; }
std::string devices() { return prefix(kDevice); }
std::string device(std::string_view device_id) { return prefix(kDevice).append(device_id); }
std::string all_fields() { return prefix(kFields); }
std::string fields(std::string_view key) { return prefix(kFields).append(key); }

std::string legs(std::string_view leg_or_control_id) { return framed(kLeg, leg_or_control_id); }
std::string numbers(std::string_view number) { return framed(kNumber, number); }
std::string organizations(std::string_view organization) { return framed(kOrganization, organization); }
std::string times() { return prefix(kTime); }
std::string statuses(CallStatus status) {
  return prefix(kStatus).append(1, static_cast<char>(static_cast<std::uint8_t>(status)));
}
std::string deadlines() { return prefix(kDeadline); }
std::string calls_of_device(std::string_view device_id) { return framed(kCallsOfDevice, device_id); }
std::string known_devices() { return prefix(kKnownDevice); }
std::string known_device(std::string_view device_id) { return prefix(kKnownDevice).append(device_id); }
std::string device_deadlines() { return prefix(kDeviceDeadline); }
std::string changed_devices() { return prefix(kChangedDevice); }
std::string changed_device(std::string_view device_id, std::uint32_t partition) {
  std::string key = prefix(kChangedDevice).append(device_id);
  append_big_endian(key, partition);
  return key;
}

std::string rates() { return prefix(kRate); }

std::string newest_first(Time first_at, std::string_view call_id) {
  std::string key;
  key.reserve(kTimeBytes + call_id.size());
  append_big_endian(key, ~ascending(first_at));
  return key.append(call_id);
}

std::string earliest_first(Time at) {
  std::string key;
  append_big_endian(key, ascending(at));
  return key;
}

void append_framed_text(std::string& key, std::string_view text) { append_framed(key, text); }

std::optional<std::string> take_framed_text(std::string_view& key) {
  std::string text;
  for (std::size_t i = 0; i + 1 < key.size(); ++i) {
    if (key[i] != '\0') {
      text.push_back(key[i]);
      continue;
    }
    if (key[++i] == '\1') {
      key.remove_prefix(i + 1);
      return text;
    }
    text.push_back('\0');
  }
  return std::nullopt;
}

std::string beyond(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xff') prefix.pop_back();
  if (!prefix.empty()) prefix.back() = static_cast<char>(prefix.back() + 1);
  return prefix;
}

}  // namespace state_key

std::optional<CallPosition> parse_position(std::string_view suffix) {
  if (suffix.size() < kTimeBytes) return std::nullopt;
  return CallPosition{time_of(~read_big_endian(suffix)), std::string(suffix.substr(kTimeBytes))};
}

std::optional<Time> parse_earliest(std::string_view text) {
  if (text.size() < kTimeBytes) return std::nullopt;
  return time_of(read_big_endian(text));
}

std::optional<DueCall> parse_due(std::string_view suffix) {
  if (suffix.size() < 2 * kTimeBytes) return std::nullopt;
  return DueCall{time_of(read_big_endian(suffix)), *parse_position(suffix.substr(kTimeBytes))};
}

std::optional<std::string> parse_changed_device(std::string_view suffix) {
  if (suffix.size() < sizeof(std::uint32_t)) return std::nullopt;
  return std::string(suffix.substr(0, suffix.size() - sizeof(std::uint32_t)));
}

std::optional<std::string> parse_due_device(std::string_view suffix) {
  if (suffix.size() < kTimeBytes) return std::nullopt;
  return std::string(suffix.substr(kTimeBytes));
}

void add_deadline_key(const CallFacts& facts, const CallOutline& call, Time deadline, KeyList& keys) {
  std::string& out = keys.bytes();
  out.push_back(kDeadline);
  append_big_endian(out, ascending(deadline));
  append_big_endian(out, ~ascending(call.first_at));
  out.append(facts.call_id());
  keys.end_key();
}

void add_index_keys(const CallFacts& facts, const CallOutline& call, const std::optional<Time>& next_deadline,
                    KeyList& keys) {
  std::string& out = keys.bytes();
  const auto end_with_place = [&] {
    append_big_endian(out, ~ascending(call.first_at));
    out.append(facts.call_id());
    keys.end_key();
  };
  const auto begin = [&](char kind, Text text) {
    out.push_back(kind);
    append_framed(out, facts.text(text));
  };
  if (next_deadline) add_deadline_key(facts, call, *next_deadline, keys);
  if (call.organization != 0) {
    begin(kOrganization, call.organization);
    end_with_place();
  }
  for (const LegOutline& leg : call.legs) {
    for (const Text id : {leg.id, leg.control_id}) {
      if (id == 0) continue;
      begin(kLeg, id);
      out.append(facts.call_id());
      keys.end_key();
    }
  }
  for (const LegOutline& leg : call.legs) {
    for (const Text number : {leg.from, leg.to}) {
      if (number == 0) continue;
      begin(kNumber, number);
      end_with_place();
    }
  }
  if (call.status != CallStatus::kNone) {
    out.append(state_key::statuses(call.status));
    end_with_place();
  }
  out.push_back(kTime);
  end_with_place();
  for (const Text device : devices_of(facts)) {
    begin(kCallsOfDevice, device);
    end_with_place();
  }
}

}  // namespace hookledger
