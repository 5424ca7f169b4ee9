#include "replay/redelivery/subscription_places.h"

#include <atomic>
#include <condition_variable>
#include <gmock/gmock.h>
#include <thread>

#include "tests/replay/redelivery/subscription_fixture.h"
#include "tests/support/seeded.h"

namespace hookledger {
namespace {

using testing::Application;
using testing::SubscriptionTest;
using namespace std::chrono_literals;

/// What is stored of a partition never becomes less.
class Places : public SubscriptionPlaces {
 public:
  Result<std::optional<OffsetSet>> load(std::uint32_t partition) override {
    const std::lock_guard lock(mutex_);
    const auto found = texts_.find(partition);
    if (found == texts_.end()) return std::optional<OffsetSet>();
    return read_place(found->second.offset, found->second.note);
  }
  Result<void> store(const ByPartition& done) override {
    std::unique_lock lock(mutex_);
    if (refusals_ > 0) {
      --refusals_;
      return Error{ErrorCode::kUnavailable, "not now"};
    }
    const unsigned turn = ++stores_;
    changed_.notify_all();
    if (hold_next_) {
      hold_next_ = false;
      holds_ = true;
      changed_.wait_for(lock, 500ms, [&] { return stores_ > turn; });
    }
    for (const auto& [partition, set] : done) {
      EXPECT_GE(set.size(), sizes_[partition]) << "an old place came after a newer one";
      sizes_[partition] = set.size();
      texts_[partition] = write_place(set, 4'000);
    }
    return {};
  }
  void refuse(unsigned times) {
    const std::lock_guard lock(mutex_);
    refusals_ = times;
  }
  /// The next that is stored waits for another one to come, for half a second.
  void hold_next() {
    const std::lock_guard lock(mutex_);
    hold_next_ = true;
  }
  bool holds() {
    const std::lock_guard lock(mutex_);
    return holds_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::uint32_t, PlaceText> texts_;
  std::map<std::uint32_t, std::uint64_t> sizes_;
  unsigned refusals_ = 0, stores_ = 0;
  bool hold_next_ = false, holds_ = false;
};

TEST_F(SubscriptionTest, WhatOthersKnowToBeDoneIsNotDelivered) {
  Places places;
  places_ = &places;
  application_.behave(
      [](const Application::Taken& one) { return ReceiverAnswer{.status = one.call == "stuck" ? 409U : 200U}; });
  open();
  append("stuck", 1);
  append("call", 3);
  ASSERT_TRUE(eventually([&] { return application_.taken().size() == 3; }));
  close();
  std::filesystem::remove_all(log_.folder() / "book");
  append("call", 1);
  application_.behave({});
  open({.name = {}, .from_start = true});
  ASSERT_TRUE(eventually([&] { return all_taken(); }, 100ms));
  EXPECT_EQ(application_.taken().size(), 5U) << "what came behind what was stuck is not repeated";
  close();
}

TEST_F(SubscriptionTest, DeliversNothingBeforeOthersKnowWhereItBegan) {
  Places places;
  places_ = &places;
  places.refuse(2);
  application_.behave([&](const Application::Taken& one) {
    EXPECT_TRUE(places.load(one.place.partition).value());
    return ReceiverAnswer{.status = 200};
  });
  open();
  append("call", 2);
  EXPECT_TRUE(eventually([&] { return all_taken(); }, 1s));
  close();
}

TEST_F(SubscriptionTest, AnOldPlaceNeverComesAfterANewerOne) {
  Places places;
  places_ = &places;
  std::atomic<bool> asked = false;
  application_.behave([&](const Application::Taken&) {
    asked = true;
    while (!places.holds()) std::this_thread::sleep_for(1ms);
    return ReceiverAnswer{.status = 200};
  });
  open();
  append("call", 20);
  ASSERT_TRUE(eventually([&] { return asked.load(); }));
  places.hold_next();
  ASSERT_TRUE(eventually([&] { return places.holds(); }, 1s));
  ASSERT_TRUE(eventually([&] { return application_.taken().size() >= 5; }));
  subscription_->remove(0);
  close();
}

TEST(PlaceText, HoldsWhatFitsAndIsReadBack) {
  auto random = seeded_generator();
  for (int round = 0; round < 200; ++round) {
    OffsetSet done;
    for (std::size_t i = random_below(random, 30); i > 0; --i) {
      const std::uint64_t first = random_below(random, 1'000);
      done.add({first, first + random_below(random, 20)});
    }
    const auto all = write_place(done, 4'000);
    EXPECT_EQ(read_place(all.offset, all.note), done);
    const auto some = write_place(done, 20);
    EXPECT_LE(some.note.size(), 20U);
    const auto read = read_place(some.offset, some.note);
    ASSERT_TRUE(read);
    for (const auto& [first, last] : read->ranges()) EXPECT_EQ(done.next_missing(first), last);
  }
  for (const char* note : {"1", "a+b", "1+", "+1", "1+1  1+1", "99999999999999999999+1", "1+18446744073709551615"}) {
    EXPECT_FALSE(read_place(7, note)) << note;
  }
}

}  // namespace
}  // namespace hookledger
