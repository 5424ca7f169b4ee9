#include "projector/alert_places.h"

#include <gtest/gtest.h>

namespace hookledger {
namespace {

using namespace std::chrono_literals;

const AlertPlace kPlace{17, Time(5s), "0123456789abcdef"};

TEST(AlertPlacesTest, ANoteSaysAllButTheOffset) {
  EXPECT_EQ(alert_place_note(kPlace), "1 5000000 0123456789abcdef");
  EXPECT_EQ(read_alert_place(17, alert_place_note(kPlace)), kPlace);
}

TEST(AlertPlacesTest, OtherNotesSayNothing) {
  for (const char* note :
       {"", "1", "1 5", "1 5 ", "1 5 0123456789abcde", "1 5 0123456789abcdef0", "2 5 0123456789abcdef",
        "1 x 0123456789abcdef", "1  0123456789abcdef", "1 99999999999999999999 0123456789abcdef"}) {
    EXPECT_EQ(read_alert_place(17, note), std::nullopt) << note;
  }
}

TEST(AlertPlacesTest, ABookIsBehindWhenItKnowsLess) {
  EXPECT_FALSE(is_behind(begin_at(3, kPlace, true, Time(9s)), 3, kPlace));
  EXPECT_FALSE(is_behind(begin_at(3, kPlace, false, Time(9s)), 3, kPlace));
  EXPECT_TRUE(is_behind(begin_at(3, kPlace, true, Time(9s)), 3, {18, kPlace.at, {}}));
  EXPECT_TRUE(is_behind(begin_at(3, kPlace, true, Time(9s)), 3, {17, kPlace.at + 1us, {}}));
}

/// Takes nothing while it is away.
struct Brokers final : AlertPlaces {
  Result<std::optional<AlertPlace>> load(std::uint32_t) override { return std::optional<AlertPlace>(); }
  Result<void> store(const ByPartition& places) override {
    ++stores;
    if (away) return Error{ErrorCode::kUnavailable, "away"};
    for (const auto& [partition, place] : places) stored[partition] = place;
    return {};
  }
  bool away = false;
  int stores = 0;
  ByPartition stored;
};

TEST(AlertPlacesTest, TheKeeperStoresWhatChangedAndForgetsNothing) {
  Brokers brokers;
  AlertPlaceKeeper keeper(&brokers);
  EXPECT_TRUE(keeper.keep());
  EXPECT_EQ(brokers.stores, 0);
  brokers.away = true;
  keeper.note(3, kPlace);
  EXPECT_FALSE(keeper.keep());
  brokers.away = false;
  keeper.note(4, kPlace);
  EXPECT_TRUE(keeper.keep());
  EXPECT_EQ(brokers.stored, (AlertPlaces::ByPartition{{3, kPlace}, {4, kPlace}}));
  keeper.note(4, kPlace);
  EXPECT_TRUE(keeper.keep());
  EXPECT_EQ(brokers.stores, 2);
}

}  // namespace
}  // namespace hookledger
