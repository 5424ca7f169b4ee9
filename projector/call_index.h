#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "projector/call_outline.h"
#include "projector/key_list.h"
#include "schemas/call.h"

namespace hookledger {

/// Keys of the call store. Layout: schemas/state.md.
namespace state_key {

std::string format();
/// Fingerprint of the rules that deadlines and fields were made with.
std::string rules();
std::string covered(std::uint32_t partition);
std::string calls();
std::string call(std::string_view call_id);
bool is_call(std::string_view key);
/// A device's own events: those that belong to no call.
std::string devices();
std::string device(std::string_view device_id);
/// The fields of events that stand under a key of a call or a device.
std::string all_fields();
std::string fields(std::string_view key);

/// What all keys of one index with the given leading part begin with.
std::string legs(std::string_view leg_or_control_id);
std::string numbers(std::string_view number);
std::string organizations(std::string_view organization);
std::string times();
std::string statuses(CallStatus status);
std::string deadlines();
/// Calls in which events name the device.
std::string calls_of_device(std::string_view device_id);
/// Every device that is known; the value is its deadline, or nothing.
std::string known_devices();
std::string known_device(std::string_view device_id);
std::string device_deadlines();
/// Devices of which something changed in the partition since their deadline was told.
std::string changed_devices();
std::string changed_device(std::string_view device_id, std::uint32_t partition);
/// What was counted for ratios.
std::string rates();

/// Where calls with this `first_at` (and id) stand after such a prefix: newest first.
std::string newest_first(Time first_at, std::string_view call_id = {});
/// Where deadlines at `at` begin after `deadlines()`.
std::string earliest_first(Time at);

/// Appends what tells a text that stands before something else in a key from every other.
void append_framed_text(std::string& key, std::string_view text);
/// Reads it from the beginning of `key`, and takes it away. Nothing when it is damaged.
std::optional<std::string> take_framed_text(std::string_view& key);

/// The first key beyond all that begin with `prefix`.
std::string beyond(std::string prefix);

}  // namespace state_key

/// A call's place in every list that is newest first.
struct CallPosition {
  Time first_at;
  std::string call_id;
  friend bool operator==(const CallPosition&, const CallPosition&) = default;
  /// Less: earlier in the list.
  friend bool operator<(const CallPosition& a, const CallPosition& b) {
    return a.first_at != b.first_at ? a.first_at > b.first_at : a.call_id < b.call_id;
  }
};

/// Reads what `newest_first` wrote. Nothing when it is too short.
std::optional<CallPosition> parse_position(std::string_view suffix);

struct DueCall {
  Time deadline;
  CallPosition position;
};
/// Reads what `earliest_first` wrote. Nothing when it is too short.
std::optional<Time> parse_earliest(std::string_view text);

/// Reads a key of the deadline index after its prefix.
std::optional<DueCall> parse_due(std::string_view suffix);

/// Reads a key of the changed devices after its prefix: the device. Nothing when it is damaged.
std::optional<std::string> parse_changed_device(std::string_view suffix);
/// Reads a key of the device deadlines after its prefix.
std::optional<std::string> parse_due_device(std::string_view suffix);

/// Adds the keys under which a call is found: a pure function of its facts and its deadline.
void add_deadline_key(const CallFacts& facts, const CallOutline& call, Time deadline, KeyList& keys);
void add_index_keys(const CallFacts& facts, const CallOutline& call, const std::optional<Time>& next_deadline,
                    KeyList& keys);

}  // namespace hookledger
