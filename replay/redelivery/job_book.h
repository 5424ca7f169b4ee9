#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "replay/redelivery/dispatcher.h"
#include "replay/redelivery/job.h"

namespace hookledger {

/// A record that was given up.
struct GivenUp {
  Place place;
  std::string key;  ///< Of the record: its call, if it has one.
  std::uint32_t attempts = 0;
  std::string answer;  ///< The last: `HTTP 500`, or why there was none.
};

/// Notes how far a job is, as its records begin and come to an end. Threads: any.
class JobBook final : public DeliveryObserver {
 public:
  /// `progress`: of the runs before. From `given_up_max` records given up on nothing begins: going on helps nobody.
  JobBook(JobProgress progress, std::uint64_t given_up_max)
      : progress_(std::move(progress)), given_up_max_(given_up_max) {}

  struct Counts {
    std::uint64_t delivered = 0;  ///< In this run, as all below.
    std::uint64_t failures = 0;   ///< Attempts that failed.
    std::uint64_t vanished = 0;   ///< Records that retention removed before their turn came.
    std::uint64_t given_up = 0;
  };

  /// Nothing there is selected.
  void passed(std::uint32_t partition, OffsetRange range);
  /// Another record, of which `finished` will tell the end. False: too much was given up.
  bool begin();
  bool wait_until_none(std::chrono::milliseconds timeout);
  void attempted(AttemptOutcome outcome, const ReceiverAnswer& answer) override;
  void finished(const DeliveryResult& result) override;

  Counts counts() const;
  JobProgress progress();
  /// In order of place.
  std::vector<GivenUp> given_up() const;
  /// What the application said when it last did not take a record; empty once it took one.
  std::string complaint() const;

 private:
  mutable std::mutex mutex_;  ///< Guards all below.
  std::condition_variable none_;
  JobProgress progress_;
  const std::uint64_t given_up_max_;
  std::size_t under_way_ = 0;
  Counts counts_;
  std::vector<GivenUp> given_up_;
  std::string complaint_;
  std::atomic<bool> complains_ = false;  ///< Is there a complaint? Without the lock, for those that are well.
};

}  // namespace hookledger
