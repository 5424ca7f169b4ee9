#include "projector/projector.h"

#include <algorithm>

namespace hookledger {
namespace {

using std::chrono::milliseconds;

/// How long a worker waits for the log to change before it looks whether to stop.
constexpr milliseconds kIdleWait{100};
/// Events of one call come close together: while nobody waits for them, fold them together.
constexpr milliseconds kGatherWait{20};
constexpr milliseconds kRetryWait{500};
/// Bounds what a restart has to fold again.
constexpr std::chrono::seconds kFlushEvery{30};

}  // namespace

Projector::Projector(Parts parts, unsigned threads)
    : parts_(parts), threads_(std::clamp(threads, 1U, parts.log.partitions())), partitions_(parts.log.partitions()) {}

Projector::~Projector() { join(); }

Result<void> Projector::start() {
  for (std::uint32_t i = 0; i < partitions_.size(); ++i) {
    const auto covered = parts_.store.covered(i);
    if (!covered) return covered.error();
    partitions_[i].covered = *covered;
    partitions_[i].durable_at_start = parts_.log.end(i);
    partitions_[i].begun =
        std::min(std::max(*covered, parts_.log.first(i)), std::max(*covered, partitions_[i].durable_at_start));
  }
  flush_at_ = parts_.clock.monotonic() + kFlushEvery;
  for (unsigned worker = 0; worker < threads_; ++worker) workers_.emplace_back([this, worker] { work(worker); });
  return {};
}

void Projector::stop() {
  join();
  if (const auto flushed = parts_.store.flush(); !flushed) {
    parts_.logger.error("cannot flush the projection", {{"error", flushed.error().detail}});
  }
}

void Projector::join() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  moved_.notify_all();
  for (std::thread& worker : workers_) worker.join();
  workers_.clear();
}

void Projector::work(unsigned worker) {
  Folding folding(parts_.store, parts_.rules);
  for (std::uint64_t seen = 0;;) {
    seen = parts_.log.wait_for_change(seen, kIdleWait);
    while (pass(worker, folding)) {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, kGatherWait, [&] { return stopping_ || waiting_ > 0; });
    }
    flush_when_due();
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
  }
}

bool Projector::pass(unsigned worker, Folding& folding) {
  bool folded = false;
  for (std::uint32_t partition = worker; partition < partitions_.size(); partition += threads_) {
    folded = fold(partition, folding) || folded;
    flush_when_due();
  }
  return folded;
}

bool Projector::fold(std::uint32_t partition, Folding& folding) {
  std::uint64_t from = 0;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || partitions_[partition].stopped) return false;
    from = partitions_[partition].covered;
  }
  const std::uint64_t end = parts_.log.end(partition);
  if (end <= from) return false;
  const auto done = fold_partition(folding, parts_.store, parts_.log, partition, from, end, [&](std::uint64_t covered) {
    const std::lock_guard lock(mutex_);
    partitions_[partition].covered = covered;
    partitions_[partition].failure.clear();
    moved_.notify_all();
    return !stopping_;
  });
  if (done) return true;

  parts_.logger.error("cannot project", {{"partition", std::to_string(partition)}, {"error", done.error().detail}});
  std::unique_lock lock(mutex_);
  partitions_[partition].failure = done.error().detail;
  partitions_[partition].stopped = !retryable(done.error().code);
  moved_.notify_all();
  if (!partitions_[partition].stopped) wake_.wait_for(lock, kRetryWait, [&] { return stopping_; });
  return false;
}

void Projector::flush_when_due() {
  {
    const std::lock_guard lock(mutex_);
    const auto now = parts_.clock.monotonic();
    if (now < flush_at_) return;
    flush_at_ = now + kFlushEvery;
  }
  if (const auto flushed = parts_.store.flush(); !flushed) {
    parts_.logger.warning("cannot flush the projection", {{"error", flushed.error().detail}});
  }
}

std::uint64_t Projector::projected(std::uint32_t partition) const {
  const std::lock_guard lock(mutex_);
  return partitions_[partition].covered;
}

bool Projector::wait_until(std::uint32_t partition, std::uint64_t end, milliseconds timeout) {
  std::unique_lock lock(mutex_);
  const Partition& it = partitions_[partition];
  const auto there = [&] { return it.covered >= end; };
  if (there()) return true;
  ++waiting_;
  wake_.notify_all();
  moved_.wait_for(lock, timeout, [&] { return there() || it.stopped || stopping_; });
  --waiting_;
  return there();
}

bool Projector::settle(std::optional<std::uint32_t> partition, milliseconds timeout) {
  if (partition) return wait_until(*partition, parts_.log.end(*partition), timeout);
  std::vector<std::uint64_t> ends;
  for (std::uint32_t i = 0; i < partitions_.size(); ++i) ends.push_back(parts_.log.end(i));
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  bool settled = true;
  for (std::uint32_t i = 0; i < partitions_.size(); ++i) {
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - std::chrono::steady_clock::now());
    settled = wait_until(i, ends[i], std::max(left, milliseconds(0))) && settled;
  }
  return settled;
}

FoldProgress Projector::progress() const {
  FoldProgress progress;
  const std::lock_guard lock(mutex_);
  for (std::uint32_t i = 0; i < partitions_.size(); ++i) {
    const Partition& it = partitions_[i];
    progress.done += std::max(it.covered, it.begun) - it.begun;
    progress.total += std::max(parts_.log.end(i), it.begun) - it.begun;
  }
  return progress;
}

std::optional<std::string> Projector::not_ready() const {
  std::uint64_t missing = 0;
  {
    const std::lock_guard lock(mutex_);
    for (const Partition& it : partitions_) {
      if (!it.failure.empty()) return it.failure;
      missing += std::max(it.durable_at_start, it.covered) - it.covered;
    }
  }
  if (missing == 0) return std::nullopt;
  return std::to_string(missing) + " records of the log are not yet in the state";
}

}  // namespace hookledger
