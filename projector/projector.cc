#include "projector/projector.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace hookledger {
namespace {

using std::chrono::milliseconds;

/// How long a worker waits for the log to change before it looks whether to stop.
constexpr milliseconds kIdleWait{100};
/// Events of one call come close together: while nobody waits for them, fold them together.
constexpr milliseconds kGatherWait{20};
constexpr milliseconds kRetryWait{500}, kAskTimeout{2000};
/// A change that nobody told of is noticed after this.
constexpr milliseconds kLookAnyway{2000};
/// Bounds what a restart has to fold again.
constexpr std::chrono::seconds kFlushEvery{30};

std::vector<std::uint32_t> every_partition(const LogReader& log) {
  std::vector<std::uint32_t> all(log.partitions());
  std::iota(all.begin(), all.end(), 0U);
  return all;
}

}  // namespace

Projector::Projector(Parts parts, unsigned threads, std::vector<std::uint32_t> partitions)
    : parts_(parts),
      numbers_(partitions.empty() ? every_partition(parts.log) : std::move(partitions)),
      threads_(std::clamp(threads, 1U, static_cast<unsigned>(numbers_.size()))) {
  for (const std::uint32_t number : numbers_) partitions_[number];
}

Projector::~Projector() { join(); }

Result<void> Projector::start() {
  for (auto& [number, partition] : partitions_) {
    const auto covered = parts_.store.covered(number);
    if (!covered) return covered.error();
    partition.covered = *covered;
    const auto end = ask_end(number, kAskTimeout);
    if (!end) return end.error();
    partition.durable_at_start = *end;
    partition.begun =
        std::min(std::max(*covered, parts_.log.first(number)), std::max(*covered, partition.durable_at_start));
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
  std::uint64_t seen = 0;
  auto look_anyway = std::chrono::steady_clock::now() + kLookAnyway;
  for (bool look = true;;) {
    while (look && pass(worker, folding)) {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, kGatherWait, [&] { return stopping_ || waiting_ > 0; });
    }
    flush_when_due();
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
    }
    const std::uint64_t change = parts_.log.wait_for_change(seen, kIdleWait);
    const auto now = std::chrono::steady_clock::now();
    look = std::exchange(seen, change) != change || look_again(worker) || now >= look_anyway;
    if (look) look_anyway = now + kLookAnyway;
  }
}

bool Projector::look_again(unsigned worker) const {
  const std::lock_guard lock(mutex_);
  if (waiting_ > 0) return true;
  for (std::size_t i = worker; i < numbers_.size(); i += threads_) {
    const Partition& partition = partitions_.at(numbers_[i]);
    if (!partition.failure.empty() && !partition.stopped) return true;
  }
  return false;
}

bool Projector::pass(unsigned worker, Folding& folding) {
  bool folded = false;
  for (std::size_t i = worker; i < numbers_.size(); i += threads_) {
    folded = fold(numbers_[i], folding) || folded;
    flush_when_due();
  }
  return folded;
}

bool Projector::fold(std::uint32_t number, Folding& folding) {
  Partition& partition = partitions_.at(number);
  std::uint64_t from = 0;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || partition.stopped) return false;
    from = partition.covered;
  }
  const auto end = ask_end(number, kAskTimeout);
  if (end && *end == from) {
    const std::lock_guard lock(mutex_);
    partition.failure.clear();
    return false;
  }
  Result<void> done;
  if (!end) {
    done = end.error();
  } else if (*end < from) {
    done = Error{ErrorCode::kUnavailable, "the state is ahead of partition " + std::to_string(number) +
                                              " of the log: if that was made anew, remove the state and restart"};
  } else {
    done = fold_partition(folding, parts_.store, parts_.log, number, from, *end, [&](std::uint64_t covered) {
      const std::lock_guard lock(mutex_);
      partition.covered = covered;
      partition.failure.clear();
      moved_.notify_all();
      return !stopping_;
    });
  }
  if (done) return true;

  std::unique_lock lock(mutex_);
  if (partition.failure != done.error().detail) {
    parts_.logger.error("cannot project", {{"partition", std::to_string(number)}, {"error", done.error().detail}});
  }
  partition.failure = done.error().detail;
  partition.stopped = !retryable(done.error().code);
  moved_.notify_all();
  if (!partition.stopped) wake_.wait_for(lock, kRetryWait, [&] { return stopping_; });
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
  return partitions_.at(partition).covered;
}

bool Projector::wait_until(std::uint32_t partition, std::uint64_t end, milliseconds timeout) {
  std::unique_lock lock(mutex_);
  const Partition& it = partitions_.at(partition);
  const auto there = [&] { return it.covered >= end; };
  if (there()) return true;
  ++waiting_;
  wake_.notify_all();
  moved_.wait_for(lock, timeout, [&] { return there() || it.stopped || stopping_; });
  --waiting_;
  return there();
}

bool Projector::settle(std::optional<std::uint32_t> partition, milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  const auto left = [&] {
    return std::max(std::chrono::duration_cast<milliseconds>(deadline - std::chrono::steady_clock::now()),
                    milliseconds(0));
  };
  const std::vector<std::uint32_t> wanted = partition ? std::vector{*partition} : numbers_;
  std::vector<std::uint64_t> durable;
  for (const std::uint32_t number : wanted) {
    const auto end = ask_end(number, left());
    if (!end) return false;
    durable.push_back(*end);
  }
  bool settled = true;
  for (std::size_t i = 0; i < wanted.size(); ++i) settled = wait_until(wanted[i], durable[i], left()) && settled;
  return settled;
}

Result<std::uint64_t> Projector::ask_end(std::uint32_t number, milliseconds timeout) {
  auto end = parts_.log.ask_end(number, timeout);
  if (!end) return end;
  const std::lock_guard lock(mutex_);
  partitions_.at(number).durable = *end;
  return end;
}

FoldProgress Projector::progress() const {
  FoldProgress progress;
  const std::lock_guard lock(mutex_);
  for (const auto& [number, it] : partitions_) {
    progress.done += std::max(it.covered, it.begun) - it.begun;
    progress.total += std::max({it.durable, it.covered, it.begun}) - it.begun;
  }
  return progress;
}

std::optional<std::string> Projector::not_ready() const {
  std::uint64_t missing = 0;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [number, it] : partitions_) {
      if (!it.failure.empty()) return it.failure;
      missing += std::max(it.durable_at_start, it.covered) - it.covered;
    }
  }
  if (missing == 0) return std::nullopt;
  return std::to_string(missing) + " records of the log are not yet in the state";
}

}  // namespace hookledger
