#include "replay/recovery/sweep_position.h"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>

#include "tests/support/temporary_folder.h"

namespace hookledger {
namespace {

using testing::TemporaryFolder;
using namespace std::chrono_literals;

constexpr Time kTime{std::chrono::hours(24 * 365 * 50)};

TEST(SweepFile, SaysAgainWhatWasSaved) {
  TemporaryFolder folder;
  const SweepFile file(folder / "deep/recovery/telnyx");
  EXPECT_EQ(file.load(), std::nullopt);
  for (const SweepPosition& position :
       {SweepPosition{kTime, kTime + 1us, 3}, SweepPosition{kTime, kTime, 0}, SweepPosition{Time(), kTime, 1'000'000},
        SweepPosition{kTime, kTime, 2, {0, 7}, {}},
        SweepPosition{kTime, kTime, 2, {5}, {{0, kTime - 1h}, {12, kTime}}}}) {
    ASSERT_TRUE(file.save(position));
    EXPECT_EQ(SweepFile(folder / "deep/recovery/telnyx").load(), position);
  }
}

TEST(SweepFile, WhatIsDamagedCountsAsAbsent) {
  TemporaryFolder folder;
  const std::string path = folder / "telnyx";
  for (const char* text :
       {"", "sweep-1", "sweep-2 2026-02-08T10:00:00Z 2026-02-08T10:00:01Z 1", "sweep-1 x y 1",
        "sweep-1 2026-02-08T10:00:01Z 2026-02-08T10:00:00Z 1", "sweep-1 2026-02-08T10:00:00Z 2026-02-08T10:00:01Z x",
        "sweep-1 2026-02-08T10:00:00Z 2026-02-08T10:00:01Z 1 x",
        "sweep-1 2026-02-08T10:00:00Z 2026-02-08T10:00:01Z 1 1=",
        "sweep-1 2026-02-08T10:00:00Z 2026-02-08T10:00:01Z 1 4294967296"}) {
    std::ofstream(path) << text;
    EXPECT_EQ(SweepFile(path).load(), std::nullopt) << text;
  }
}

TEST(SweepPosition, KnowsHowFarItWasForWhatLeft) {
  SweepPosition position{kTime, kTime + 1h, 2, {1, 2, 3}, {}};
  position.keep({2, 3, 4});
  EXPECT_EQ(position.left.at(1), kTime) << "the sweep is not done";
  position.page = 0;
  position.keep({2});
  EXPECT_EQ(position.left.at(3), kTime + 1h);
  EXPECT_EQ(position.partitions, std::set<std::uint32_t>{2});
}

TEST(SweepFile, SaysThatItCannotBeWritten) {
  TemporaryFolder folder;
  std::ofstream(folder / "file") << "x";
  const auto saved = SweepFile(folder / "file/telnyx").save({kTime, kTime, 1});
  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace hookledger
