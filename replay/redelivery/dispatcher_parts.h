#pragma once

#include <algorithm>
#include <list>
#include <memory>
#include <optional>
#include <vector>

#include "replay/redelivery/dispatcher.h"
#include "replay/redelivery/sleeper.h"

/// What the dispatcher consists of, for its own files.
namespace hookledger {

struct Dispatcher::Line {
  enum class State : std::uint8_t { kReady, kUnderWay, kWaiting };

  std::list<Outgoing> records;
  Urgency urgency = Urgency::kUsual;
  State state = State::kReady;
  Ready::iterator ready;
  Waiting::iterator waiting;
  // Of the first record:
  std::uint32_t attempts = 0;
  Instant tried_since;
  std::uint32_t uncounted = 0;  ///< Of these: the application was known to be away.
  bool blocked = false;         ///< It was the application that failed.
  bool dropped = false;
};

struct Dispatcher::Connection {
  std::unique_ptr<Endpoint> endpoint;
  std::optional<Turn> turn{};
};

struct Dispatcher::Worker {
  std::vector<Connection> connections;
  Sleeper sleeper;
  bool may_begin = false;  ///< It sleeps, and has a connection that is free.
  std::vector<pollfd> files;

  /// After a sleep: is the answer of a connection there, or too late?
  bool has_answer(std::size_t i) const {
    const Connection& each = connections[i];
    return each.turn && (files[i].revents != 0 || std::chrono::steady_clock::now() >= each.endpoint->deadline());
  }
  bool has_answers() const {
    for (std::size_t i = 0; i < files.size(); ++i) {
      if (has_answer(i)) return true;
    }
    return false;
  }
  /// One that is open, if there is: to make one takes long.
  Connection* free() {
    Connection* found = nullptr;
    for (Connection& each : connections) {
      if (each.turn) continue;
      if (each.endpoint->file() >= 0) return &each;
      if (found == nullptr) found = &each;
    }
    return found;
  }
};

}  // namespace hookledger
