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
std::string covered(std::uint32_t partition);
std::string calls();
std::string call(std::string_view call_id);
bool is_call(std::string_view key);

/// What all keys of one index with the given leading part begin with.
std::string legs(std::string_view leg_or_control_id);
std::string numbers(std::string_view number);
std::string organizations(std::string_view organization);
std::string times();
std::string statuses(CallStatus status);
std::string deadlines();

/// Where calls with this `first_at` (and id) stand after such a prefix: newest first.
std::string newest_first(Time first_at, std::string_view call_id = {});
/// Where deadlines at `at` begin after `deadlines()`.
std::string earliest_first(Time at);

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
/// Reads a key of the deadline index after its prefix.
std::optional<DueCall> parse_due(std::string_view suffix);

/// Adds the keys under which a call is found: a pure function of its facts and its deadline.
void add_index_keys(const CallFacts& facts, const CallOutline& call, const std::optional<Time>& next_deadline,
                    KeyList& keys);

}  // namespace hookledger
