#include "projector/call_index.h"

#include <algorithm>
#include <functional>

namespace hookledger {
namespace {

constexpr char kFormat = 'M', kCovered = 'O', kCall = 'C', kLeg = 'L', kNumber = 'N', kOrganization = 'G',
               kStatus = 'S', kTime = 'T', kDeadline = 'D';
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
std::string covered(std::uint32_t partition) { return with_partition(kCovered, partition); }
std::string calls() { return prefix(kCall); }
std::string call(std::string_view call_id) { return prefix(kCall).append(call_id); }
bool is_call(std::string_view key) { return !key.empty() && key.front() == kCall; }

std::string legs(std::string_view leg_or_control_id) { return framed(kLeg, leg_or_control_id); }
std::string numbers(std::string_view number) { return framed(kNumber, number); }
std::string organizations(std::string_view organization) { return framed(kOrganization, organization); }
std::string times() { return prefix(kTime); }
std::string statuses(CallStatus status) {
  return prefix(kStatus).append(1, static_cast<char>(static_cast<std::uint8_t>(status)));
}
std::string deadlines() { return prefix(kDeadline); }

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

std::optional<DueCall> parse_due(std::string_view suffix) {
  if (suffix.size() < 2 * kTimeBytes) return std::nullopt;
  return DueCall{time_of(read_big_endian(suffix)), *parse_position(suffix.substr(kTimeBytes))};
}

std::vector<std::string> index_entries(const Call& call, const std::optional<Time>& next_deadline) {
  const std::string place = state_key::newest_first(call.first_at, call.id);
  std::vector<std::string> entries;
  entries.reserve(4 + 4 * call.legs.size());
  const auto add = [&](std::string key, std::string_view rest) { entries.push_back(std::move(key.append(rest))); };
  add(state_key::times(), place);
  if (call.status != CallStatus::kNone) add(state_key::statuses(call.status), place);
  if (!call.organization_id.empty()) add(state_key::organizations(call.organization_id), place);
  if (next_deadline) add(state_key::deadlines() + state_key::earliest_first(*next_deadline), place);
  for (const Leg& leg : call.legs) {
    add(state_key::legs(leg.id), call.id);
    if (!leg.control_id.empty()) add(state_key::legs(leg.control_id), call.id);
    for (const std::string& number : {std::cref(leg.from), std::cref(leg.to)}) {
      if (!number.empty()) add(state_key::numbers(number), place);
    }
  }
  std::sort(entries.begin(), entries.end());
  entries.erase(std::unique(entries.begin(), entries.end()), entries.end());
  return entries;
}

}  // namespace hookledger
