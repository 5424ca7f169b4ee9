#include <algorithm>
#include <utility>

#include "replay/redelivery/dispatcher_parts.h"

namespace hookledger {
namespace {

/// A clock that is not the machine's is looked at so often.
constexpr Duration kLookAgain = std::chrono::milliseconds(200);

}  // namespace

void Dispatcher::work(Worker& worker, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    Instant wake_at = Instant::max();
    begin_turns(worker, lock, stop, wake_at);
    worker.may_begin = worker.free() != nullptr;
    if (!worker.may_begin) leave_to_others();
    lock.unlock();
    sleep(worker, wake_at);
    lock.lock();
    worker.may_begin = false;
    if (worker.has_answers()) leave_to_others();
    lock.unlock();
    finish_turns(worker, stop);
    lock.lock();
  }
  lock.unlock();
  for (Connection& each : worker.connections) {
    if (each.turn) end(each, each.endpoint->finish().value_or(ReceiverAnswer{.failure = "stopped"}), stop);
  }
}

void Dispatcher::begin_turns(Worker& worker, std::unique_lock<std::mutex>& lock, const std::stop_token& stop,
                             Instant& wake_at) {
  while (Connection* const free = stop.stop_requested() ? nullptr : worker.free()) {
    free->turn = take(parts_.clock.monotonic(), wake_at);
    if (!free->turn) return;
    ++under_way_;
    if (free->endpoint->file() < 0) leave_to_others();  // To connect takes long.
    lock.unlock();
    const auto tried = begin(*free->endpoint, *free->turn, stop);
    if (tried) end(*free, *tried, stop);
    lock.lock();
    if (tried && *tried && (**tried).status == 0) {  // It may have taken long, and answers be there meanwhile.
      wake_at = parts_.clock.monotonic();
      return;
    }
  }
}

void Dispatcher::sleep(Worker& worker, Instant until) {
  Duration longest = std::chrono::hours(1);
  if (until != Instant::max()) {
    longest = std::clamp(std::chrono::ceil<Duration>(until - parts_.clock.monotonic()), Duration(0), kLookAgain);
  }
  worker.files.clear();
  for (const Connection& each : worker.connections) {
    worker.files.push_back({each.turn ? each.endpoint->file() : -1, POLLIN, 0});
    if (!each.turn) continue;
    const auto left = std::chrono::ceil<Duration>(each.endpoint->deadline() - std::chrono::steady_clock::now());
    longest = std::clamp(left, Duration(0), longest);
  }
  worker.sleeper.sleep(worker.files, longest);
}

void Dispatcher::finish_turns(Worker& worker, const std::stop_token& stop) {
  for (std::size_t i = 0; i < worker.files.size(); ++i) {
    if (!worker.has_answer(i)) continue;
    Connection& each = worker.connections[i];
    if (const auto answer = each.endpoint->finish()) end(each, *answer, stop);
  }
}

void Dispatcher::end(Connection& connection, const Tried& tried, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const bool stopped = stop.stop_requested() && tried && tried->status == 0;
  const auto result = stopped ? std::nullopt : settle(*connection.turn, tried);
  connection.turn.reset();
  lock.unlock();
  if (tried && !stopped) parts_.observer.attempted(outcome_of(tried->status), *tried);
  if (result) parts_.observer.finished(*result);
  lock.lock();
  if (--under_way_ == 0) settled_.notify_all();
  if (half_is_free()) room_.notify_all();
}

/// This thread is busy for a while, and what it watched over is not nobody's.
void Dispatcher::leave_to_others() {
  if (!ready_[0].empty() || !ready_[1].empty() || !waiting_.empty()) wake_one();
}

void Dispatcher::wake_one() {
  const auto found = std::ranges::find_if(workers_, [](const auto& each) { return each->may_begin; });
  if (found == workers_.end()) return;
  (**found).may_begin = false;
  (**found).sleeper.wake();
}

void Dispatcher::wake_all() {
  for (const auto& worker : workers_) {
    if (std::exchange(worker->may_begin, false)) worker->sleeper.wake();
  }
}

std::optional<Dispatcher::Tried> Dispatcher::begin(Endpoint& endpoint, const Turn& turn,
                                                   const std::stop_token& stop) const {
  std::string loaded;
  if (turn.record->record.empty()) {
    auto bytes = parts_.load(turn.record->place);
    if (!bytes) return Tried(bytes.error());
    loaded = std::move(*bytes);
  }
  const auto record = decode_record(loaded.empty() ? turn.record->record : loaded);
  if (!record) return Tried(record.error());
  const OutboundAttempt attempt{turn.record->place, turn.attempt, options_.is_replay, parts_.clock.wall()};
  auto answer = endpoint.begin(make_outbound(*record, attempt, options_.key), stop);
  return answer ? std::optional<Tried>(std::move(*answer)) : std::nullopt;
}

}  // namespace hookledger
