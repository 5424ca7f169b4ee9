#include "ingest/log/even_pace.h"

#include <gmock/gmock.h>

namespace hookledger {
namespace {

constexpr std::int64_t kPiece = 1'000, kPerSecond = 1'000'000;
constexpr std::uint64_t kPieceMicros = 1'000;  // What a piece takes at that rate.

/// Time passes in sleep only.
class SleepingEnv : public rocksdb::EnvWrapper {
 public:
  SleepingEnv() : EnvWrapper(rocksdb::Env::Default()) {}
  std::uint64_t NowMicros() override { return now; }
  void SleepForMicroseconds(int micros) override {
    longest = std::max(longest, static_cast<std::uint64_t>(micros));
    now += static_cast<std::uint64_t>(micros);
  }

  std::uint64_t now = 1'000'000'000, longest = 0;
};

class EvenPaceTest : public ::testing::Test {
 protected:
  void write(int pieces) {
    for (int i = 0; i < pieces; ++i) pace_.Request(kPiece, rocksdb::Env::IO_HIGH, nullptr);
  }

  SleepingEnv env_;
  EvenPace pace_{env_, kPerSecond, kPiece};
};

TEST_F(EvenPaceTest, PiecesFollowEachOtherAtTheRate) {
  const std::uint64_t began = env_.now;
  write(50);
  EXPECT_EQ(env_.now - began, 49 * kPieceMicros);
  EXPECT_EQ(env_.longest, kPieceMicros);
}

TEST_F(EvenPaceTest, AnIdleTimeIsNotSavedUp) {
  write(1);
  env_.now += 1'000'000;
  const std::uint64_t began = env_.now;
  write(11);
  EXPECT_EQ(env_.now - began, 10 * kPieceMicros);
}

TEST_F(EvenPaceTest, AClockSetBackDoesNotStopTheWriter) {
  write(10);
  env_.now -= 500'000'000;
  write(1);
  EXPECT_LE(env_.longest, 100'000U);
}

TEST_F(EvenPaceTest, CountsWhatPassed) {
  write(3);
  EXPECT_EQ(pace_.GetTotalBytesThrough(rocksdb::Env::IO_TOTAL), 3 * kPiece);
  EXPECT_EQ(pace_.GetTotalRequests(rocksdb::Env::IO_TOTAL), 3);
}

}  // namespace
}  // namespace hookledger
