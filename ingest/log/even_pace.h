#pragma once

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <rocksdb/env.h>
#include <rocksdb/rate_limiter.h>

namespace hookledger {

/// Lets RocksDB write tables at an even rate: each write takes the next free stretch of time and sleeps until that
/// begins. Nobody waits for anybody, whereas the limiter of RocksDB 7.8 can leave a lone writer waiting for ever.
/// Threads: any.
class EvenPace : public rocksdb::RateLimiter {
 public:
  EvenPace(rocksdb::Env& env, std::int64_t bytes_per_second, std::int64_t piece)
      : RateLimiter(Mode::kWritesOnly), env_(env), bytes_per_second_(bytes_per_second), piece_(piece) {}

  using RateLimiter::Request;
  void Request(const std::int64_t bytes, const rocksdb::Env::IOPriority, rocksdb::Statistics*) override {
    std::int64_t pause = 0;
    {
      const std::lock_guard lock(mutex_);
      const auto now = static_cast<std::int64_t>(env_.NowMicros());
      // The clock may have been set back: no pause is longer than what stands in line can take.
      free_at_ = std::clamp(free_at_, now, now + kMicrosAheadMax);
      pause = free_at_ - now;
      free_at_ += bytes * kMicrosPerSecond / bytes_per_second_;
      bytes_ += bytes;
      ++requests_;
    }
    if (pause > 0) env_.SleepForMicroseconds(static_cast<int>(pause));
  }

  void SetBytesPerSecond(std::int64_t) override {}
  std::int64_t GetBytesPerSecond() const override { return bytes_per_second_; }
  std::int64_t GetSingleBurstBytes() const override { return piece_; }
  std::int64_t GetTotalBytesThrough(const rocksdb::Env::IOPriority) const override {
    const std::lock_guard lock(mutex_);
    return bytes_;
  }
  std::int64_t GetTotalRequests(const rocksdb::Env::IOPriority) const override {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  static constexpr std::int64_t kMicrosPerSecond = 1'000'000;
  static constexpr std::int64_t kMicrosAheadMax = 100'000;

  rocksdb::Env& env_;
  const std::int64_t bytes_per_second_, piece_;
  mutable std::mutex mutex_;
  std::int64_t free_at_ = 0;  ///< Microseconds, by the Env's clock.
  std::int64_t bytes_ = 0, requests_ = 0;
};

}  // namespace hookledger
