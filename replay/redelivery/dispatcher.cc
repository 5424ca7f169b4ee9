#include <algorithm>

#include "replay/redelivery/dispatcher_parts.h"

namespace hookledger {
namespace {

constexpr unsigned kUrgentInARowMax = 3;
/// Of the application, in a row.
constexpr unsigned kFailuresMax = 5;

std::size_t index(Urgency urgency) { return static_cast<std::size_t>(urgency); }

}  // namespace

Dispatcher::Dispatcher(Options options, Parts parts, std::vector<std::unique_ptr<Endpoint>> endpoints)
    : options_(std::move(options)),
      parts_(std::move(parts)),
      breaker_(options_.seed, kFailuresMax, options_.break_longest),
      pace_(options_.rate),
      random_(options_.seed) {
  const std::size_t threads = (endpoints.size() + options_.endpoints_per_thread - 1) / options_.endpoints_per_thread;
  for (std::size_t i = 0; i < threads; ++i) workers_.push_back(std::make_unique<Worker>());
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    workers_[i % threads]->connections.push_back({std::move(endpoints[i])});
  }
  for (const auto& worker : workers_) {
    threads_.emplace_back([this, &worker](const std::stop_token& stop) { work(*worker, stop); });
  }
}

Dispatcher::~Dispatcher() {
  {
    const std::lock_guard lock(mutex_);
    for (std::jthread& thread : threads_) thread.request_stop();
    for (const auto& worker : workers_) worker->sleeper.wake();
  }
  threads_.clear();
}

void Dispatcher::add(Outgoing outgoing) {
  const std::lock_guard lock(mutex_);
  auto& line = lines_[outgoing.key];
  const bool fresh = line == nullptr;
  if (fresh) line = std::make_unique<Line>();
  if (outgoing.urgency < line->urgency) {
    auto& [urgent, usual] = waiting_their_turn_;
    if (line->state != Line::State::kWaiting) {
      urgent += line->records.size();
      usual -= line->records.size();
    }
    if (line->state == Line::State::kReady && !fresh) {
      ready_[index(Urgency::kUsual)].erase(line->ready);
      line->ready = ready_[index(Urgency::kUrgent)].insert(ready_[index(Urgency::kUrgent)].end(), line.get());
    }
    line->urgency = Urgency::kUrgent;
  }
  ++records_;
  if (line->state != Line::State::kWaiting) ++waiting_their_turn_[index(line->urgency)];
  bytes_ += outgoing.record.size();
  line->records.push_back(std::move(outgoing));
  if (fresh) make_ready(*line);
}

std::size_t Dispatcher::room_for(Urgency urgency) const {
  const std::size_t ready_max = options_.ready_max[index(urgency)];
  return std::min(options_.records_max - std::min(options_.records_max, records_),
                  ready_max - std::min(ready_max, waiting_their_turn_[index(urgency)]));
}

bool Dispatcher::half_is_free() const {
  return room_for(Urgency::kUsual) > std::min(options_.records_max, options_.ready_max[index(Urgency::kUsual)]) / 2;
}

std::size_t Dispatcher::room(Urgency urgency) const {
  const std::lock_guard lock(mutex_);
  return room_for(urgency);
}

bool Dispatcher::has_room_for_bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_ < options_.bytes_max;
}

std::size_t Dispatcher::wait_for_room(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  room_.wait_for(lock, timeout, [&] { return half_is_free(); });
  return room_for(Urgency::kUsual);
}

bool Dispatcher::wait_until_empty(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  return settled_.wait_for(lock, timeout, [&] { return lines_.empty() && under_way_ == 0; });
}

void Dispatcher::drop(std::uint32_t partition) {
  const std::lock_guard lock(mutex_);
  for (auto at = lines_.begin(); at != lines_.end();) {
    Line& line = *at->second;
    const auto next = std::next(at);
    if (line.records.front().place.partition == partition) {
      line.dropped = true;
      while (line.records.size() > 1) erase(line, std::prev(line.records.end()));
      if (line.state != Line::State::kUnderWay) take_off(line);
    }
    at = next;
  }
  settled_.notify_all();
  room_.notify_all();
}

bool Dispatcher::drop(Place place) {
  const std::lock_guard lock(mutex_);
  for (const auto& [key, line] : lines_) {
    const auto found = std::ranges::find(line->records, place, &Outgoing::place);
    if (found == line->records.end()) continue;
    if (found != line->records.begin()) {
      erase(*line, found);
    } else if (line->state == Line::State::kUnderWay) {
      line->dropped = true;
    } else {
      if (line->state == Line::State::kWaiting) wake(line->waiting);
      take_off(*line);
    }
    settled_.notify_all();
    room_.notify_all();
    return true;
  }
  return false;
}

/// Not the first.
void Dispatcher::erase(Line& line, std::list<Outgoing>::iterator record) {
  --records_;
  if (line.state != Line::State::kWaiting) --waiting_their_turn_[index(line.urgency)];
  bytes_ -= record->record.size();
  line.records.erase(record);
}

bool Dispatcher::pause(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  paused_ = true;
  return settled_.wait_for(lock, timeout, [&] { return under_way_ == 0; });
}

void Dispatcher::go_on() {
  const std::lock_guard lock(mutex_);
  paused_ = false;
  wake_all();
}

Dispatcher::Health Dispatcher::health() const {
  const std::lock_guard lock(mutex_);
  return {breaker_.state(), gone_, records_, returns_};
}

std::optional<Dispatcher::Turn> Dispatcher::take(Instant now, Instant& wake_at) {
  if (paused_ || gone_) return std::nullopt;
  wake_due(now);
  if (!waiting_.empty()) wake_at = waiting_.begin()->first;
  auto& [urgent, usual] = ready_;
  if (urgent.empty() && usual.empty()) return std::nullopt;
  if (now < pace_.next()) {
    wake_at = std::min(wake_at, pace_.next());
    return std::nullopt;
  }
  if (!breaker_.may_try(now)) {
    // A try that is under way wakes whoever waits when it ends.
    if (now < breaker_.retry_at()) wake_at = std::min(wake_at, breaker_.retry_at());
    return std::nullopt;
  }
  pace_.take(now);
  const bool usual_turn = urgent.empty() || (!usual.empty() && urgent_in_a_row_ >= kUrgentInARowMax);
  urgent_in_a_row_ = usual_turn ? 0 : urgent_in_a_row_ + 1;
  Ready& ready = usual_turn ? usual : urgent;
  Line& line = *ready.front();
  ready.pop_front();
  line.state = Line::State::kUnderWay;
  if (line.attempts++ == 0) line.tried_since = now;
  const Outgoing& record = line.records.front();
  return Turn{&line, &record, record.attempts + line.attempts, breaker_.state() == CircuitBreaker::State::kHalfOpen};
}

std::optional<DeliveryResult> Dispatcher::settle(const Turn& turn, const Tried& tried) {
  return tried ? settle(turn, *tried) : settle_unread(turn, tried.error());
}

std::optional<DeliveryResult> Dispatcher::settle_unread(const Turn& turn, const Error& error) {
  if (turn.decides) {
    breaker_.gave_up();
    wake_all();
  }
  if (error.code == ErrorCode::kNotFound) return finish(turn, Delivery::kVanished, error.detail);
  if (!retryable(error.code)) return finish(turn, Delivery::kGivenUp, error.detail);
  --turn.line->attempts;
  put_off(*turn.line, parts_.clock.monotonic() + RetrySchedule::kFirst);
  return std::nullopt;
}

std::optional<DeliveryResult> Dispatcher::settle(const Turn& turn, const ReceiverAnswer& answer) {
  const auto outcome = outcome_of(answer.status);
  if (outcome == AttemptOutcome::kGone) {
    gone_ = true;
    make_ready(*turn.line);
    return std::nullopt;
  }
  const bool was_away = breaker_.state() != CircuitBreaker::State::kClosed;
  if (outcome == AttemptOutcome::kFailed) {
    if (turn.decides || breaker_.state() != CircuitBreaker::State::kHalfOpen) {
      breaker_.failed(parts_.clock.monotonic(), answer.retry_after);
    }
  } else if (turn.decides || !was_away) {
    breaker_.succeeded();
    if (was_away) returned();
  }
  if (turn.decides) wake_all();
  if (outcome == AttemptOutcome::kDelivered) return finish(turn, Delivery::kDelivered, describe(answer));
  if (outcome == AttemptOutcome::kFailed && turn.decides && !options_.give_up.away_counts) ++turn.line->uncounted;
  // A record that alone is to wait longer, of an application that was well, waits so long.
  turn.line->blocked = outcome == AttemptOutcome::kFailed && (was_away || !answer.retry_after);
  return retry(turn, answer);
}

std::optional<DeliveryResult> Dispatcher::retry(const Turn& turn, const ReceiverAnswer& answer) {
  const auto now = parts_.clock.monotonic();
  Line& line = *turn.line;
  const GiveUpAfter& limit = options_.give_up;
  const bool over =
      (limit.attempts != 0 && line.attempts - line.uncounted >= limit.attempts) ||
      (limit.time != Duration(0) && std::chrono::duration_cast<Duration>(now - line.tried_since) >= limit.time);
  if (over) return finish(turn, Delivery::kGivenUp, describe(answer));
  const bool away = breaker_.state() != CircuitBreaker::State::kClosed;
  const Duration longest = away ? options_.break_longest.by_itself : RetrySchedule::kLongest;
  Duration wait = backoff(line.attempts - 1, RetrySchedule::kFirst, longest, random_);
  const Duration asked_max = line.blocked ? options_.break_longest.when_asked : RetrySchedule::kAskedForMax;
  if (answer.retry_after) wait = std::max(wait, std::min(*answer.retry_after, asked_max));
  put_off(line, now + wait);
  return std::nullopt;
}

std::optional<DeliveryResult> Dispatcher::finish(const Turn& turn, Delivery delivery, std::string answer) {
  const bool dropped = turn.line->dropped;
  Outgoing record = take_off(*turn.line);
  if (dropped) return std::nullopt;
  return DeliveryResult{record.place, std::move(record.key), delivery, turn.attempt, std::move(answer)};
}

/// The first record; the line goes with its last.
Outgoing Dispatcher::take_off(Line& line) {
  Outgoing record = std::move(line.records.front());
  line.records.pop_front();
  --records_;
  bytes_ -= record.record.size();
  if (line.state == Line::State::kReady) ready_[index(line.urgency)].erase(line.ready);
  if (line.state == Line::State::kWaiting) {
    waiting_.erase(line.waiting);
  } else {
    --waiting_their_turn_[index(line.urgency)];
  }
  line.attempts = line.uncounted = 0;
  line.blocked = line.dropped = false;
  if (line.records.empty()) {
    lines_.erase(record.key);
  } else {
    make_ready(line);
  }
  return record;
}

void Dispatcher::make_ready(Line& line) {
  line.state = Line::State::kReady;
  Ready& ready = ready_[index(line.urgency)];
  line.ready = ready.insert(ready.end(), &line);
  wake_one();
}

void Dispatcher::put_off(Line& line, Instant until) {
  if (line.dropped) {
    take_off(line);
    return;
  }
  waiting_their_turn_[index(line.urgency)] -= line.records.size();
  line.state = Line::State::kWaiting;
  line.waiting = waiting_.emplace(until, &line);
  wake_one();  // Whoever waits may have to wake earlier.
}

void Dispatcher::wake_due(Instant now) {
  while (!waiting_.empty() && waiting_.begin()->first <= now) wake(waiting_.begin());
}

void Dispatcher::returned() {
  ++returns_;
  wake_blocked();
  make_all_usual();
}

void Dispatcher::make_all_usual() {
  auto& [urgent, usual] = ready_;
  usual.splice(usual.begin(), urgent);
  for (auto& [key, line] : lines_) {
    if (line->urgency == Urgency::kUsual) continue;
    if (line->state != Line::State::kWaiting) {
      waiting_their_turn_[index(Urgency::kUrgent)] -= line->records.size();
      waiting_their_turn_[index(Urgency::kUsual)] += line->records.size();
    }
    line->urgency = Urgency::kUsual;
  }
}

void Dispatcher::wake_blocked() {
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    const auto next = std::next(at);
    if (at->second->blocked) wake(at);
    at = next;
  }
}

void Dispatcher::wake(Waiting::iterator at) {
  Line& line = *at->second;
  waiting_.erase(at);
  waiting_their_turn_[index(line.urgency)] += line.records.size();
  make_ready(line);
}

}  // namespace hookledger
