#include "ingest/kafka/appender.h"

#include <algorithm>

namespace hookledger::kafka {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kIdleWait{100}, kAwayWithoutSpool{2000};

}  // namespace

Result<std::unique_ptr<Appender>> Appender::make(Parts parts, std::uint32_t partitions, const CommitLimits& limits,
                                                 const Patience& patience) {
  std::unique_ptr<Appender> appender(new Appender(parts, partitions, limits, patience));
  if (auto connected = appender->connect(); !connected) return connected.error();
  appender->thread_ = std::thread([raw = appender.get()] { raw->run(); });
  return appender;
}

Appender::Appender(Parts parts, std::uint32_t partitions, const CommitLimits& limits, const Patience& patience)
    : parts_(parts),
      limits_(limits),
      patience_(patience),
      seconds_(parts.metrics.histogram("hookledger_kafka_append_seconds",
                                       "Time until the brokers acknowledge a record.",
                                       {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5})),
      spooled_(parts.metrics.counter("hookledger_spooled_total", "Records that went to the spool.")),
      refused_(parts.metrics.counter("hookledger_refused_total", "Records that the brokers will never take.")),
      unsure_(partitions),
      waiting_(partitions),
      sent_(partitions),
      away_(partitions) {
  for (std::uint32_t partition = 0; parts_.spool != nullptr && partition < partitions; ++partition) {
    if (!parts_.spool->empty(partition)) set_away(partition, "the spool of an earlier run is not drained yet");
  }
}

Appender::~Appender() { stop(); }

Result<void> Appender::connect() {
  auto producer = RecordProducer::make(parts_.cluster, patience_.give_up, parts_.logger,
                                       [this](void* opaque, rd_kafka_resp_err_t code, std::uint64_t offset) {
                                         auto& flight = *static_cast<Flight*>(opaque);
                                         flight.offset = offset;
                                         if (code != RD_KAFKA_RESP_ERR_NO_ERROR) set_failure(flight, code);
                                         reports_.push_back(&flight);
                                       });
  if (!producer) return producer.error();
  const std::lock_guard lock(mutex_);  // Of `wake`.
  producer_ = std::move(*producer);
  return {};
}

Result<void> Appender::submit(std::span<Append> appends) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return Error{ErrorCode::kStopping, "the log is stopping"};
  std::size_t bytes = 0;
  for (const Append& append : appends) bytes += append.record.size();
  const std::size_t records_before = queue_.size() + flying_records_, bytes_before = queue_bytes_ + flying_bytes_;
  // What is larger than the whole queue would never be taken otherwise.
  if (records_before + appends.size() > limits_.queue_records_max ||
      (records_before > 0 && bytes_before + bytes > limits_.queue_bytes_max)) {
    return Error{ErrorCode::kOverloaded, "too many records wait for the brokers"};
  }
  for (Append& append : appends) queue_.push_back({std::move(append), false});
  queue_bytes_ += bytes;
  wake();
  return {};
}

void Appender::submit_spooled(std::vector<Append> appends) {
  const std::lock_guard lock(mutex_);
  for (Append& append : appends) {
    queue_bytes_ += append.record.size();
    queue_.push_back({std::move(append), true});
  }
  wake();
}

void Appender::wake() {
  if (std::exchange(idle_, false)) producer_->wake();
}

std::size_t Appender::queued() const {
  const std::lock_guard lock(mutex_);
  return queue_.size() + flying_records_;
}

LogHealth Appender::health() const {
  if (away_count_ == 0) return {};
  const std::lock_guard lock(mutex_);
  if (parts_.spool == nullptr) return {false, reason_};
  const auto closed = parts_.spool->closed();
  return {!closed, closed.value_or("")};
}

void Appender::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    if (producer_) producer_->wake();
  }
  if (thread_.joinable()) thread_.join();
}

void Appender::run() {
  std::vector<Queued> batch;
  while (take_queue(batch)) {
    const Time now = parts_.clock.wall();
    for (Queued& queued : batch) accept(std::move(queued), now);
    send_waiting();
    poll(batch.empty());
    if (const auto why = producer_->broken()) replace_producer(*why);
    settle_reports();
    fail_overdue();
    flush_index();
    flush_spool();
    flush_outcomes();
    come_back();
    batch.clear();
  }
  producer_->give_up_all(milliseconds(0));
  reports_.clear();
}

/// False when nothing is left to do.
bool Appender::take_queue(std::vector<Queued>& batch) {
  const std::lock_guard lock(mutex_);
  batch.swap(queue_);
  queue_bytes_ = 0;
  idle_ = batch.empty();
  if (!stopping_ || !batch.empty()) return true;
  return std::ranges::any_of(flights_, [](const Flight& flight) { return !flight.answered; });
}

void Appender::poll(bool wait) {
  auto timeout = wait ? kIdleWait : milliseconds(0);
  const auto oldest = std::ranges::find_if(flights_, [](const Flight& flight) { return !flight.answered; });
  if (wait && oldest != flights_.end()) {
    const auto overdue_at = oldest->since + patience_.spool;
    timeout =
        std::clamp(std::chrono::ceil<milliseconds>(overdue_at - parts_.clock.monotonic()), milliseconds(1), timeout);
  }
  producer_->poll(timeout);
}

/// The flight of the event's record; null when none flies.
Appender::Flight* Appender::flying(const Append& append) const {
  for (const std::string* key : {&append.dedup_key, &append.unless_known}) {
    if (const auto found = by_key_.find(*key); found != by_key_.end()) return found->second;
  }
  return nullptr;
}

Result<std::optional<LogStore::DedupEntry>> Appender::known(const Append& append, Time now) const {
  auto entry = parts_.index.find(append.dedup_key, now);
  if (append.unless_known.empty() || (entry && *entry)) return entry;
  return parts_.index.find(append.unless_known, now);
}

void Appender::accept(Queued queued, Time now) {
  const Append& append = queued.append;
  const Waiter waiter = waiter_of(append);
  Flight* const flight = flying(append);
  if (flight != nullptr && !flight->answered) {
    if (flight->from_spool) {  // It is durable there already.
      report(waiter, Appended{{append.partition, 0}, true, true});
    } else {
      flight->duplicates.push_back(waiter);
    }
    return;
  }
  const auto entry = known(append, now);
  if (!entry) {
    parts_.logger.warning("the index of event ids cannot be read", {{"reason", entry.error().detail}});
  } else if (*entry) {
    const Place place = (*entry)->place;
    report(waiter, Appended{place, true});
    if (queued.from_spool || !waiter.delivery) return;
    ++deliveries_.try_emplace(place, parts_.index.deliveries(place)).first->second;
    return;
  }
  if (!queued.from_spool && parts_.spool != nullptr && (away_[append.partition] || flight != nullptr)) {
    to_spool_.push_back(std::move(queued.append));
    return;
  }
  take_off(std::move(queued), now);
}

void Appender::take_off(Queued queued, Time now) {
  flights_.push_back({.append = std::move(queued.append),
                      .from_spool = queued.from_spool,
                      .since = parts_.clock.monotonic(),
                      .appended_at = now});
  Flight& flight = flights_.back();
  flight.self = std::prev(flights_.end());
  ++flying_records_;
  flying_bytes_ += flight.append.record.size();
  by_key_.erase(flight.append.dedup_key);  // Of one that failed; the new key must point into the new flight.
  by_key_.emplace(flight.append.dedup_key, &flight);
  waiting_[flight.append.partition].push_back(&flight);
}

void Appender::send_waiting() {
  for (std::uint32_t partition = 0; partition < waiting_.size(); ++partition) {
    if (sent_[partition] > 0) continue;
    for (Flight* const flight : waiting_[partition]) send(*flight);
    waiting_[partition].clear();
  }
}

void Appender::send(Flight& flight) {
  const std::uint32_t partition = flight.append.partition;
  const auto code =
      producer_->send(decode_record(flight.append.record).value(), partition, flight.appended_at, &flight);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
    flight.sent = true;
    ++sent_[partition];
    if (!flight.from_spool) ++unsure_[partition];
    return;
  }
  set_failure(flight, code);
  reports_.push_back(&flight);
}

void Appender::set_failure(Flight& flight, rd_kafka_resp_err_t code) {
  flight.failure = rd_kafka_err2str(code);
  flight.refused = is_final(code);
  if (flight.refused) flight.failure += ": raise max.message.bytes of the topic, see hookledger topics";
}

void Appender::settle_reports() {
  for (Flight* const flight : reports_) {
    if (flight->sent && flight->failure.empty()) {
      settle(*flight);
    } else if (!flight->answered) {
      give_up(*flight, flight->failure);
    }
    --flying_records_;
    flying_bytes_ -= flight->append.record.size();
    if (flight->sent) {
      --sent_[flight->append.partition];
      if (!flight->from_spool) --unsure_[flight->append.partition];
    }
    if (const auto found = by_key_.find(flight->append.dedup_key); found != by_key_.end() && found->second == flight) {
      by_key_.erase(found);
    }
    flights_.erase(flight->self);
  }
  reports_.clear();
}

void Appender::settle(Flight& flight) {
  const Place place{flight.append.partition, flight.offset};
  index_.entries.push_back({flight.append.dedup_key, {place, flight.appended_at}});
  seconds_.observe(std::chrono::duration<double>(parts_.clock.monotonic() - flight.since).count());
  if (parts_.spool == nullptr && away_[place.partition]) {
    away_[place.partition] = false;
    --away_count_;
  }
  if (flight.answered) return;
  report(waiter_of(flight.append), Appended{place});
  for (const Waiter& waiter : flight.duplicates) {
    report(waiter, Appended{place, true});
    if (waiter.delivery) ++deliveries_.try_emplace(place, 1).first->second;
  }
}

/// A producer that lost its place among its own messages is of no use any more.
void Appender::replace_producer(const std::string& why) {
  parts_.logger.error("the producer failed for good and is replaced", {{"reason", why}});
  producer_->give_up_all(patience_.spool);
  for (Flight& flight : flights_) {
    if (!flight.sent || std::ranges::find(reports_, &flight) != reports_.end()) continue;
    flight.failure = why;
    reports_.push_back(&flight);
  }
  if (const auto connected = connect(); !connected) {
    parts_.logger.error("no producer can be made, trying again", {{"reason", connected.error().detail}});
  }
}

/// What the brokers have not acknowledged in time. What the client has stays there, and may be appended yet.
void Appender::fail_overdue() {
  const auto latest = parts_.clock.monotonic() - patience_.spool;
  for (Flight& flight : flights_) {
    if (flight.since > latest) break;
    if (flight.answered || flight.from_spool) continue;
    const std::string complaint = producer_->complaint();
    if (!flight.sent) {
      std::erase(waiting_[flight.append.partition], &flight);
      reports_.push_back(&flight);
    }
    give_up(flight, "the brokers did not acknowledge within " + std::to_string(patience_.spool.count()) + " ms" +
                        (complaint.empty() ? "" : ": " + complaint));
  }
}

void Appender::give_up(Flight& flight, const std::string& reason) {
  flight.answered = true;
  const std::uint32_t partition = flight.append.partition;
  const Waiter waiter = waiter_of(flight.append);
  const Error failure{flight.refused ? ErrorCode::kInvalid : ErrorCode::kUnavailable, reason};
  if (!flight.from_spool && !flight.refused) set_away(partition, reason);
  if (flight.refused && !flight.from_spool) {
    refused_.add();
    parts_.logger.error("the brokers refuse a record: it was answered 503",
                        {{"partition", std::to_string(partition)}, {"reason", reason}});
  }
  if (flight.from_spool || flight.refused || parts_.spool == nullptr) {
    report(waiter, failure);
    for (const Waiter& duplicate : flight.duplicates) report(duplicate, failure);
    return;
  }
  for (const Waiter& duplicate : flight.duplicates) {
    Append& append = to_spool_.emplace_back(flight.append);
    append.observer = duplicate.observer;
    append.token = duplicate.token;
  }
  flying_bytes_ -= flight.append.record.size();
  Append append = flight.append;
  flight.append.record.clear();
  to_spool_.insert(to_spool_.end() - static_cast<std::ptrdiff_t>(flight.duplicates.size()), std::move(append));
}

void Appender::flush_spool() {
  if (to_spool_.empty()) return;
  std::vector<Waiter> waiters;
  for (const Append& append : to_spool_) waiters.push_back(waiter_of(append));
  const auto submitted = parts_.spool->submit(std::exchange(to_spool_, {}));
  if (submitted) {
    spooled_.add(static_cast<double>(waiters.size()));
    return;
  }
  for (const Waiter& waiter : waiters) report(waiter, submitted.error());
}

void Appender::come_back() {
  if (away_count_ == 0) return;
  // Without a spool nothing tells but the next record: it is let in again after a while.
  if (parts_.spool == nullptr && parts_.clock.monotonic() - last_failure_ < kAwayWithoutSpool) return;
  for (std::uint32_t partition = 0; partition < away_.size(); ++partition) {
    if (!away_[partition] || unsure(partition)) continue;
    if (parts_.spool != nullptr && !parts_.spool->empty(partition)) continue;
    away_[partition] = false;
    --away_count_;
    parts_.logger.info("the brokers take records again", {{"partition", std::to_string(partition)}});
  }
}

void Appender::set_away(std::uint32_t partition, const std::string& reason) {
  last_failure_ = parts_.clock.monotonic();
  if (away_[partition]) return;
  away_[partition] = true;
  ++away_count_;
  parts_.logger.error(
      parts_.spool != nullptr ? "the brokers take no records: spooling" : "the brokers take no records: answering 503",
      {{"partition", std::to_string(partition)}, {"reason", reason}});
  const std::lock_guard lock(mutex_);
  reason_ = reason;
}

void Appender::flush_index() {
  index_.deliveries.assign(deliveries_.begin(), deliveries_.end());
  if (index_.entries.empty() && index_.deliveries.empty()) return;
  if (const auto written = parts_.index.write(index_); !written) {
    // Repeats of these are appended again; the projector knows them by their ids.
    parts_.logger.warning("the index of event ids cannot be written", {{"reason", written.error().detail}});
  }
  index_ = {};
  deliveries_.clear();
}

void Appender::flush_outcomes() {
  for (auto& [observer, outcomes] : std::exchange(outcomes_, {})) observer->appended(std::move(outcomes));
}

}  // namespace hookledger::kafka
