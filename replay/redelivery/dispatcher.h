#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "replay/circuit_breaker.h"
#include "replay/redelivery/endpoint.h"
#include "replay/redelivery/pace.h"
#include "schemas/clock.h"
#include "schemas/error.h"

namespace hookledger {

/// Whose turn comes first. Of every four records at least one is usual, if there is one.
enum class Urgency : std::uint8_t { kUrgent = 0, kUsual = 1 };

/// A record on its way to an application.
struct Outgoing {
  Place place;
  std::string key;     ///< Of the record: those of one key are delivered in the order in which they were added.
  std::string record;  ///< Encoded; empty: it is loaded when its turn comes.
  Urgency urgency = Urgency::kUsual;
  std::uint32_t attempts = 0;  ///< That were made before.
};

/// When a record is given up. 0: never.
struct GiveUpAfter {
  std::uint32_t attempts = 0;
  Duration time{};          ///< Since the first attempt of this process.
  bool away_counts = true;  ///< Attempts also of an application that is known to be away.

  friend bool operator==(const GiveUpAfter&, const GiveUpAfter&) = default;
};

enum class Delivery : std::uint8_t {
  kDelivered,
  kGivenUp,   ///< The limit is reached: a dead letter.
  kVanished,  ///< The log does not have it any more.
};

/// What became of a record.
struct DeliveryResult {
  Place place;
  std::string key;
  Delivery delivery = Delivery::kDelivered;
  std::uint32_t attempts = 0;
  std::string answer;  ///< The last: `HTTP 500`, or why there was none.
};

/// Is told on the dispatcher's threads, on several at once, and without any order; must not block for long.
class DeliveryObserver {
 public:
  virtual ~DeliveryObserver() = default;
  virtual void attempted(AttemptOutcome outcome, const ReceiverAnswer& answer) = 0;
  /// Once for each record that was added, unless the dispatcher ends before.
  virtual void finished(const DeliveryResult& result) = 0;
};

/// Delivers records to one application: those of one key in order and one at a time, keys in parallel, each record
/// again, with backoff and jitter, until it is taken or given up. A record that fails holds up its key alone; an
/// application that fails is left alone for a while by all (a circuit breaker), and when it is well again, what failed
/// meanwhile is tried at once; then all that waited is usual, so that what is new does not wait for it. What is added
/// waits in memory, so whoever adds asks for room first. Threads: any.
class Dispatcher {
 public:
  /// Reads a record that came without its bytes. Threads: any. Errors: kNotFound: it is no more.
  using Load = std::function<Result<std::string>(Place)>;
  struct Options {
    std::string key{};  ///< That signs; empty: nothing is signed.
    bool is_replay = false;
    double rate = 0;  ///< Attempts a second; 0: as fast as it goes.
    GiveUpAfter give_up{};
    std::size_t records_max = 10'000;                    ///< That wait.
    std::array<std::size_t, 2> ready_max{1'000, 1'000};  ///< Of these, by urgency, that wait for their turn alone.
    std::size_t bytes_max = 16 << 20;                    ///< Of records that wait with their bytes.
    CircuitBreaker::Longest break_longest{};  ///< That an application which is away, or a record of it, waits.
    std::uint64_t seed = 0;                   ///< Of the jitter.
    std::size_t endpoints_per_thread = 1;     ///< While one of these begins a request, the others of its thread wait.
  };
  struct Parts {  ///< Clock and observer outlive it.
    const Clock& clock;
    DeliveryObserver& observer;
    Load load;
  };
  struct Health {
    CircuitBreaker::State breaker = CircuitBreaker::State::kClosed;
    bool gone = false;  ///< The application answered 410: nothing is tried any more.
    std::size_t waiting = 0;
    std::uint64_t returns = 0;  ///< How often it was well again.
  };

  Dispatcher(Options options, Parts parts, std::vector<std::unique_ptr<Endpoint>> endpoints);
  /// Ends the attempts that are under way.
  ~Dispatcher();
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  /// Never blocks.
  void add(Outgoing outgoing);
  bool has_room(Urgency urgency) const { return room(urgency) > 0; }
  /// For so many.
  std::size_t room(Urgency urgency) const;
  /// For whoever may add a record without its bytes.
  bool has_room_for_bytes() const;
  /// Waits until half of the room for usual records is there, so that nobody wakes for each, or `timeout`; then says
  /// for how many there is room.
  std::size_t wait_for_room(std::chrono::milliseconds timeout);
  /// Waits until nothing is left, or `timeout`.
  bool wait_until_empty(std::chrono::milliseconds timeout);

  /// Forgets the records of a partition, or one. What is under way goes on, and is not told.
  void drop(std::uint32_t partition);
  /// False: there is none, or it is just being told.
  bool drop(Place place);

  /// No further attempt begins; waits up to `timeout` for those that are under way. False: there are some still.
  bool pause(std::chrono::milliseconds timeout);
  void go_on();

  Health health() const;

 private:
  using Instant = std::chrono::steady_clock::time_point;
  /// The records of one key.
  struct Line;
  using Ready = std::list<Line*>;
  using Waiting = std::multimap<Instant, Line*>;
  struct Turn {
    Line* line = nullptr;
    const Outgoing* record = nullptr;  ///< The line's first.
    std::uint32_t attempt = 0;
    bool decides = false;  ///< Whether an application that is away is well again.
  };
  /// An answer, or why the record could not be had.
  using Tried = Result<ReceiverAnswer>;
  /// An endpoint and what it is at.
  struct Connection;
  /// A thread and its connections.
  struct Worker;

  void work(Worker& worker, const std::stop_token& stop);
  /// On all connections that are free, for as long as it is anybody's turn.
  void begin_turns(Worker& worker, std::unique_lock<std::mutex>& lock, const std::stop_token& stop, Instant& wake_at);
  void sleep(Worker& worker, Instant until);
  /// Whose answers are there, or too late.
  void finish_turns(Worker& worker, const std::stop_token& stop);
  void end(Connection& connection, const Tried& tried, const std::stop_token& stop);
  void leave_to_others();
  void wake_one();
  void wake_all();
  /// Whose turn it is; nothing: none's, and that does not change before `wake_at` by itself.
  std::optional<Turn> take(Instant now, Instant& wake_at);
  /// Nothing: the endpoint waits for the answer.
  std::optional<Tried> begin(Endpoint& endpoint, const Turn& turn, const std::stop_token& stop) const;
  /// Nothing: the record stays.
  std::optional<DeliveryResult> settle(const Turn& turn, const Tried& tried);
  std::optional<DeliveryResult> settle(const Turn& turn, const ReceiverAnswer& answer);
  std::optional<DeliveryResult> settle_unread(const Turn& turn, const Error& error);
  std::optional<DeliveryResult> retry(const Turn& turn, const ReceiverAnswer& answer);
  std::optional<DeliveryResult> finish(const Turn& turn, Delivery delivery, std::string answer);
  Outgoing take_off(Line& line);
  void erase(Line& line, std::list<Outgoing>::iterator record);
  std::size_t room_for(Urgency urgency) const;
  bool half_is_free() const;
  void make_ready(Line& line);
  void put_off(Line& line, Instant until);
  void wake_due(Instant now);
  void returned();
  void wake_blocked();
  void make_all_usual();
  void wake(Waiting::iterator at);

  const Options options_;
  const Parts parts_;
  mutable std::mutex mutex_;  ///< Guards all below.
  std::condition_variable settled_, room_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unordered_map<std::string, std::unique_ptr<Line>> lines_;
  std::array<Ready, 2> ready_;  ///< By urgency.
  Waiting waiting_;
  std::array<std::size_t, 2> waiting_their_turn_{};  ///< Records, by urgency of their line.
  std::size_t records_ = 0, bytes_ = 0, under_way_ = 0;
  std::uint64_t returns_ = 0;
  unsigned urgent_in_a_row_ = 0;
  CircuitBreaker breaker_;
  Pace pace_;
  std::mt19937_64 random_;
  bool paused_ = false, gone_ = false;
  std::vector<std::jthread> threads_;  ///< Last: they use all of it.
};

}  // namespace hookledger
