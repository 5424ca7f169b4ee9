#include "replay/append_window.h"

#include <algorithm>

namespace hookledger {
namespace {

constexpr std::size_t kRecordsMax = 2'000, kBytesMax = 16 << 20;
constexpr std::size_t kBatchRecords = 250, kBatchBytes = 1 << 20;
constexpr std::chrono::milliseconds kOverloadPause{10};

}  // namespace

AppendWindow::~AppendWindow() {
  std::unique_lock lock(mutex_);
  outcome_.wait(lock, [&] { return in_flight_ == 0; });
}

Result<void> AppendWindow::add(Append append) {
  append.observer = this;
  append.token = append.record.size();
  batch_bytes_ += append.record.size();
  batch_.push_back(std::move(append));
  if (batch_.size() < kBatchRecords && batch_bytes_ < kBatchBytes) return {};
  return submit();
}

Result<void> AppendWindow::finish() {
  if (auto submitted = submit(); !submitted) return submitted;
  std::unique_lock lock(mutex_);
  outcome_.wait(lock, [&] { return in_flight_ == 0; });
  return first_failure();
}

AppendWindow::Counts AppendWindow::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

Result<void> AppendWindow::submit() {
  std::span<Append> rest(batch_);
  std::size_t size = rest.size();
  while (!rest.empty()) {
    const auto part = rest.first(std::min(size, rest.size()));
    std::size_t bytes = 0;
    for (const Append& append : part) bytes += append.record.size();
    std::unique_lock lock(mutex_);
    outcome_.wait(lock, [&] {
      return in_flight_ == 0 || (in_flight_ + part.size() <= kRecordsMax && bytes_in_flight_ + bytes <= kBytesMax);
    });
    if (failure_) break;
    in_flight_ += part.size();
    bytes_in_flight_ += bytes;
    lock.unlock();

    const Result<void> queued = log_.submit(part);
    if (queued) {
      rest = rest.subspan(part.size());
      continue;
    }
    lock.lock();
    in_flight_ -= part.size();
    bytes_in_flight_ -= bytes;
    if (queued.error().code != ErrorCode::kOverloaded) {
      failure_ = queued.error();
      break;
    }
    size = std::max<std::size_t>(1, part.size() / 2);
    outcome_.wait_for(lock, kOverloadPause);
  }
  batch_.clear();
  batch_bytes_ = 0;
  const std::lock_guard lock(mutex_);
  return first_failure();
}

void AppendWindow::appended(std::vector<AppendOutcome> outcomes) {
  const std::lock_guard lock(mutex_);
  for (const AppendOutcome& outcome : outcomes) {
    --in_flight_;
    bytes_in_flight_ -= outcome.token;
    if (!outcome.result) {
      if (!failure_) failure_ = outcome.result.error();
    } else {
      ++(outcome.result->duplicate ? counts_.duplicates : counts_.appended);
    }
  }
  outcome_.notify_all();  // Under the lock: once nothing is in flight the window may go.
}

Result<void> AppendWindow::first_failure() const {
  if (failure_) return *failure_;
  return {};
}

}  // namespace hookledger
