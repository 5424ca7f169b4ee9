#include "replay/redelivery/job_book.h"

#include <algorithm>

namespace hookledger {

void JobBook::passed(std::uint32_t partition, OffsetRange range) {
  const std::lock_guard lock(mutex_);
  progress_.done[partition].add(range);
}

bool JobBook::begin() {
  const std::lock_guard lock(mutex_);
  if (counts_.given_up >= given_up_max_) return false;
  ++under_way_;
  return true;
}

bool JobBook::wait_until_none(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  return none_.wait_for(lock, timeout, [&] { return under_way_ == 0; });
}

void JobBook::attempted(AttemptOutcome outcome, const ReceiverAnswer& answer) {
  const bool delivered = outcome == AttemptOutcome::kDelivered;
  if (delivered && !complains_) return;
  const std::lock_guard lock(mutex_);
  complains_ = !delivered;
  if (delivered) {
    complaint_.clear();
    return;
  }
  ++counts_.failures;
  complaint_ = describe(answer);
}

void JobBook::finished(const DeliveryResult& result) {
  const std::lock_guard lock(mutex_);
  if (--under_way_ == 0) none_.notify_all();
  if (result.delivery == Delivery::kGivenUp) {
    ++counts_.given_up;
    given_up_.push_back({result.place, result.key, result.attempts, result.answer});
    return;
  }
  progress_.done[result.place.partition].add(result.place.offset);
  if (result.delivery == Delivery::kVanished) {
    ++counts_.vanished;
  } else {
    ++counts_.delivered;
    ++progress_.delivered;
  }
}

JobBook::Counts JobBook::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

JobProgress JobBook::progress() {
  const std::lock_guard lock(mutex_);
  for (OffsetSet& done : progress_.done) (void)done.take_changes();  // All of it is kept, whatever changed.
  return progress_;
}

std::vector<GivenUp> JobBook::given_up() const {
  const std::lock_guard lock(mutex_);
  std::vector<GivenUp> sorted = given_up_;
  std::ranges::sort(sorted, {}, &GivenUp::place);
  return sorted;
}

std::string JobBook::complaint() const {
  const std::lock_guard lock(mutex_);
  return complaint_;
}

}  // namespace hookledger
