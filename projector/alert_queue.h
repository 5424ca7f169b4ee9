#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "schemas/alert_message.h"

namespace hookledger {

/// What waits to be told to one receiver, in the order of its making. The first edge of a rule and kind is a message of
/// its own; those that come within the window after it gather in one message until the window ends, and while that
/// waits, all further ones too. Messages of one rule are given one after the other, so nobody hears of an end before
/// its beginning; rules do not wait for each other. Pure; the window counts from the instants that it is given.
class AlertQueue {
 public:
  using Instant = std::chrono::steady_clock::time_point;
  using Number = std::uint64_t;  ///< Of a message, ascending, from 1.
  /// Beyond this nothing should be added until something is delivered.
  static constexpr std::size_t kMessagesMax = 1000;

  explicit AlertQueue(Duration window) : window_(window) {}

  /// kGathered: not the first one either goes out by itself.
  enum class Urgency : std::uint8_t { kFirstAtOnce, kGathered };
  struct Now {
    Time wall;
    Instant monotonic;
  };
  /// The message that tells it. `after`: one that must not come later, for it tells of the same finding; 0: none.
  Number add(const AlertEdge& edge, Number after, Urgency urgency, Now now);
  /// A message that was kept. Due at once; in ascending order, before all else.
  void restore(Number number, AlertMessage message);
  /// No number up to this one is given again.
  void restore_last(Number last) { last_ = std::max(last_, last); }

  /// The first that may be told now.
  std::optional<Number> due(Instant now) const;
  void seal(Number number, Instant now);
  void put_off(Number number, Instant until) { messages_.at(number).not_before = until; }
  void remove(Number number);

  const AlertMessage& at(Number number) const { return messages_.at(number).message; }
  bool has(Number number) const { return messages_.contains(number); }
  std::size_t size() const { return messages_.size(); }
  Number last() const { return last_; }
  /// Of all that wait; nothing when none does.
  std::optional<Number> first() const {
    return messages_.empty() ? std::nullopt : std::optional(messages_.begin()->first);
  }
  std::optional<Time> oldest() const;
  /// Messages that were added, changed or removed since this was asked.
  std::set<Number> take_changed() { return std::exchange(changed_, {}); }

 private:
  struct Waiting {
    AlertMessage message;
    Instant not_before;
  };
  struct Window {
    Instant ends = Instant::min();
    Number gathering = 0;  ///< The message that is not sealed yet.
  };

  bool waits(const std::string& rule, AlertKind kind) const;

  Duration window_;
  std::map<Number, Waiting> messages_;
  std::map<std::pair<std::string, AlertKind>, Window> windows_;
  std::set<Number> changed_;
  Number last_ = 0;
};

}  // namespace hookledger
