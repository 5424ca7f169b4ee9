#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "ingest/http/budget.h"
#include "ingest/http/http.h"
#include "ingest/http/request_reader.h"
#include "ingest/http/response.h"
#include "ingest/http/stream.h"

namespace hookledger::http {

class Connection;

/// What the connections of one I/O thread share. Used on that thread only.
struct ConnectionSet {
  using TimePoint = std::chrono::steady_clock::time_point;

  ConnectionSet(const Limits& limits_given, const Clock& clock_given, Budget& budget_given,
                std::atomic<std::size_t>& count_given)
      : limits(limits_given), clock(clock_given), budget(budget_given), count(count_given) {}

  const Limits& limits;
  const Clock& clock;
  Budget& budget;
  std::atomic<std::size_t>& count;  ///< Of the open connections of all threads.
  Service* service = nullptr;
  std::optional<TimePoint> drains_since;  ///< Set once the server stops.
  std::unordered_map<std::uint64_t, std::shared_ptr<Connection>> open;
  std::vector<std::shared_ptr<Connection>> to_write;  ///< Those with something to send at the end of this turn.
  std::array<char, 16 * 1024> dropped;                ///< Where bytes go that nobody reads.
};

/// One peer, on one I/O thread.
///
/// A request is read into one flat buffer and handed to the service where it lies (RequestReader). Answers wait in a
/// ring until all before them are there, then go out together: nothing is sent before the end of the thread's turn
/// (`write`), so that all answers of a turn are one system call. While the ring is full, or the peer leaves its
/// answers untouched, nothing is read.
///
/// Deadlines are plain instants that the thread checks now and then (`check`); a request arms no timer.
///
/// Life: kOpen, reading and answering; kEnding, no more requests are read, what was read is answered; kLingering, all
/// is sent, and what the peer still sends is dropped, so that it sees our answer and not a reset; kClosed.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using error_code = boost::system::error_code;
  using TimePoint = ConnectionSet::TimePoint;

  Connection(ConnectionSet& set, std::uint64_t id, Stream stream);
  ~Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start();
  /// Instead of `start`: gives one answer to whatever may come.
  void turn_away(Refusal refusal);
  void answer(std::uint64_t sequence, Response response);
  /// Sends what is answered.
  void write();
  /// Ends what has lasted too long.
  void check(TimePoint now);
  /// Answers for whoever has not answered, and ends.
  void cut();
  void close();

 private:
  enum class State { kOpen, kEnding, kLingering, kClosed };
  struct Slot {
    ResponseFraming framing;
    bool answered = false;
    Response response;
  };

  void process();
  bool may_read() const;
  void read();
  void on_read(error_code ec, std::size_t bytes);
  void wait_for_more();
  void on_head();
  void on_request();
  void refuse(Refusal refusal);
  void conclude(Response response);
  void conclude_early();

  std::uint64_t take_slot(bool close);
  Slot& slot(std::uint64_t sequence) { return slots_[sequence % slots_.size()]; }
  bool all_answered() const { return oldest_ == next_; }
  std::size_t unsent_bytes() const { return waiting_bytes_ + out_.size() - sent_; }
  bool all_sent() const { return sent_ == out_.size(); }
  bool idle() const { return all_answered() && all_sent() && !reader_.inside_request(); }
  void collect_answers();
  bool is_last(const Slot& slot) const;
  void send();
  void on_sent();
  void queue_write();
  bool is_stuck(TimePoint now);

  void end();
  void linger();
  std::chrono::milliseconds linger_time() const;
  void read_and_drop();

  ConnectionSet& set_;
  const std::uint64_t id_;
  Stream stream_;
  RequestReader reader_;
  State state_ = State::kOpen;
  bool reading_ = false;   ///< A read is under way.
  bool blocked_ = false;   ///< The peer takes no more now.
  bool queued_ = false;    ///< In `to_write`.
  bool resuming_ = false;  ///< `process` is about to be called.
  bool ended_by_peer_ = false;
  bool continue_wanted_ = false;
  std::optional<Response> early_;  ///< From `accept_head`, until it is known whether the body has come too.

  std::vector<Slot> slots_;  ///< A ring of the requests in work: [oldest_, next_).
  std::uint64_t oldest_ = 0, next_ = 0;
  std::size_t waiting_bytes_ = 0;  ///< Of bodies in the ring.
  std::string out_;                ///< Framed answers, sent up to `sent_`.
  std::size_t sent_ = 0;
  std::size_t untaken_ = 0;  ///< With `blocked_`: by the peer, when it was looked at last.

  TimePoint idle_since_;
  std::optional<TimePoint> request_deadline_;
  TimePoint write_deadline_, lingers_since_;
};

}  // namespace hookledger::http
