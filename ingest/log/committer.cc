#include "ingest/log/committer.h"

#include <algorithm>
#include <iterator>

namespace hookledger {

/// What one batch will write, and what each append of it will be told.
struct Committer::Plan {
  struct Fate {
    Result<Appended> result = Appended{};
    bool needs_write = false;  ///< Fails when the batch fails: the record, or its original, is in this batch.
  };
  LogStore::Commit commit;
  std::vector<Fate> fates;
  std::unordered_map<std::string_view, Place> in_batch;
  std::map<Place, std::uint32_t> deliveries;
};

Committer::Committer(LogStore& store, std::vector<std::uint64_t> next, const CommitLimits& limits, const Clock& clock,
                     Logger& logger, Metrics& metrics)
    : store_(store),
      limits_(limits),
      clock_(clock),
      logger_(logger),
      batch_records_(metrics.histogram("hookledger_log_commit_records", "Records in one synced batch of the log.",
                                       {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096})),
      commit_seconds_(
          metrics.histogram("hookledger_log_commit_seconds", "Time to write and sync one batch of the log.",
                            {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1})),
      next_(std::move(next)),
      ends_(next_.size()) {
  publish_ends();
  store_.on_background_error([this](std::string reason) { fail(reason); });
  thread_ = std::thread([this] { run(); });
}

Committer::~Committer() {
  stop();
  store_.on_background_error(nullptr);
}

Result<void> Committer::submit(std::span<Append> appends) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return Error{ErrorCode::kStopping, "the log is stopping"};
  if (failed_) return Error{ErrorCode::kUnavailable, reason_};
  std::size_t bytes = 0;
  for (const Append& append : appends) bytes += append.record.size();
  const bool too_many = queue_.size() + appends.size() > limits_.queue_records_max;
  // What is larger than the whole queue would never be taken otherwise.
  const bool too_large = !queue_.empty() && queue_bytes_ + bytes > limits_.queue_bytes_max;
  if (too_many || too_large) {
    return Error{ErrorCode::kOverloaded, "too many records wait for the disk"};
  }
  queue_.insert(queue_.end(), std::make_move_iterator(appends.begin()), std::make_move_iterator(appends.end()));
  queue_bytes_ += bytes;
  work_.notify_one();
  return {};
}

std::uint64_t Committer::wait_for_change(std::uint64_t seen, std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  change_.wait_for(lock, timeout, [&] { return changes_ != seen || stopping_; });
  return changes_;
}

LogHealth Committer::health() const {
  const std::lock_guard lock(mutex_);
  return {!failed_, reason_};
}

std::size_t Committer::queued() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

void Committer::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_all();
  change_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Committer::run() {
  for (Batch batch; wait_for_work(batch); batch.clear()) {
    if (!batch.empty()) commit(std::move(batch));
  }
}

/// False when there is nothing left to do. After a failure it gives empty batches while the disk is bad.
bool Committer::wait_for_work(Batch& batch) {
  std::unique_lock lock(mutex_);
  work_.wait(lock, [&] { return !queue_.empty() || stopping_ || failed_; });
  if (failed_) {
    Batch waiting = std::exchange(queue_, {});
    queue_bytes_ = 0;
    const Error error{ErrorCode::kUnavailable, reason_};
    lock.unlock();
    for (Append& append : waiting) append.observer->appended({{append.token, error}});
    lock.lock();
    work_.wait_for(lock, limits_.probe_interval, [&] { return stopping_; });
    if (stopping_) return false;
    lock.unlock();
    try_to_recover();
    return true;
  }
  if (queue_.empty()) return false;
  std::size_t count = 0, bytes = 0;
  while (count < queue_.size() && count < limits_.batch_records_max && bytes < limits_.batch_bytes_max) {
    bytes += queue_[count++].record.size();
  }
  if (count == queue_.size()) {
    batch.swap(queue_);
  } else {
    const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(count);
    batch.assign(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
    queue_.erase(queue_.begin(), end);
  }
  queue_bytes_ -= bytes;
  return true;
}

void Committer::commit(Batch batch) {
  Plan plan;
  plan.commit.appended_at = clock_.wall();
  plan.fates.resize(batch.size());
  plan.in_batch.reserve(batch.size());
  const std::vector<std::uint64_t> next_before = next_;
  for (std::size_t i = 0; i < batch.size(); ++i) plan_append(plan, batch[i], i);
  plan.commit.deliveries.assign(plan.deliveries.begin(), plan.deliveries.end());

  const auto began = clock_.monotonic();
  const Result<void> written = store_.write(plan.commit);
  if (!written) {
    next_ = next_before;
    fail(written.error().detail);
    const Error failure = written.error();
    report(batch, plan, &failure);
    return;
  }
  commit_seconds_.observe(std::chrono::duration<double>(clock_.monotonic() - began).count());
  batch_records_.observe(static_cast<double>(plan.commit.records.size()));
  publish_ends();
  report(batch, plan, nullptr);
  if (!plan.commit.records.empty()) publish_change();
}

void Committer::plan_append(Plan& plan, const Append& append, std::size_t index) {
  Plan::Fate& fate = plan.fates[index];
  std::optional<Place> original;
  for (const std::string* key : {&append.dedup_key, &append.unless_known}) {
    if (key->empty() || original) continue;
    if (const auto known = plan.in_batch.find(*key); known != plan.in_batch.end()) {
      original = known->second;
      fate.needs_write = true;
    } else if (const auto found = store_.find(*key, plan.commit.appended_at); !found) {
      fate.result = found.error();
      return;
    } else if (*found) {
      original = (*found)->place;
    }
  }
  if (original) {
    fate.result = Appended{*original, true};
    if (!append.unless_known.empty()) return;  // It was fetched, and is no delivery.
    const auto count =
        plan.deliveries.try_emplace(*original, fate.needs_write ? 1 : store_.deliveries(*original)).first;
    ++count->second;
    return;
  }
  const Place place{append.partition, next_[append.partition]++};
  fate.result = Appended{place, false};
  fate.needs_write = true;
  plan.in_batch.emplace(append.dedup_key, place);
  plan.commit.records.push_back({place, append.record, append.dedup_key});
}

/// Groups outcomes by observer, so that each is called once a batch.
void Committer::report(const Batch& batch, const Plan& plan, const Error* failure) {
  std::vector<std::pair<AppendObserver*, std::vector<AppendOutcome>>> groups;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    auto group =
        std::find_if(groups.begin(), groups.end(), [&](const auto& g) { return g.first == batch[i].observer; });
    if (group == groups.end()) group = groups.insert(groups.end(), {batch[i].observer, {}});
    const Plan::Fate& fate = plan.fates[i];
    if (failure != nullptr && fate.needs_write) {
      group->second.push_back({batch[i].token, Error{ErrorCode::kUnavailable, failure->detail}});
    } else {
      group->second.push_back({batch[i].token, fate.result});
    }
  }
  for (auto& [observer, outcomes] : groups) observer->appended(std::move(outcomes));
}

void Committer::fail(const std::string& reason) {
  {
    const std::lock_guard lock(mutex_);
    failed_again_ = true;
    if (std::exchange(failed_, true)) return;
    reason_ = reason;
  }
  work_.notify_all();
  logger_.error("the log cannot be written: answering 503, trying again until it can", {{"reason", reason}});
}

void Committer::try_to_recover() {
  if (const auto probed = store_.probe(); !probed) return;
  {
    const std::lock_guard lock(mutex_);
    failed_again_ = false;
  }
  const Result<void> reopened = store_.reopen();
  auto next = reopened ? store_.next_offsets() : reopened.error();
  if (!next) {
    const std::lock_guard lock(mutex_);
    reason_ = next.error().detail;
    return;
  }
  next_ = std::move(*next);
  publish_ends();
  {
    const std::lock_guard lock(mutex_);
    failed_ = failed_again_;
    if (!failed_) reason_.clear();
  }
  publish_change();
  if (health().writable) logger_.info("the log can be written again");
}

void Committer::publish_ends() {
  for (std::size_t p = 0; p < next_.size(); ++p) ends_[p].store(next_[p], std::memory_order_release);
}

void Committer::publish_change() {
  {
    const std::lock_guard lock(mutex_);
    ++changes_;
  }
  change_.notify_all();
}

}  // namespace hookledger
