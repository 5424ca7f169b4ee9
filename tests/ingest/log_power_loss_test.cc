// Cuts the power at random moments: what was acknowledged is there afterwards, whole, in its place.

#include <gmock/gmock.h>
#include <thread>

#include "tests/ingest/test_log.h"
#include "tests/support/fault_injection_env.h"
#include "tests/support/seeded.h"

namespace hookledger::testing {
namespace {

/// What clients know of the events that they sent.
struct Sent {
  std::map<std::string, Place> acknowledged;
  std::map<std::string, std::string> bodies;  ///< Of all, acknowledged or not.
};

class PowerLoss : public ::testing::Test {
 protected:
  void SetUp() override { log_.open(); }

  /// Appends one batch of new and old events, and notes what is acknowledged. False when it was refused.
  bool append_some() {
    std::vector<LogEvent> events;
    for (std::size_t left = 1 + random_below(random_, 8); left > 0; --left) {
      const bool repeat = !sent_.bodies.empty() && random_below(random_, 3) == 0;
      const std::string id = std::to_string(repeat ? random_below(random_, sent_.bodies.size()) : sent_.bodies.size());
      const auto size = random_below(random_, random_below(random_, 20) == 0 ? 100'000 : 300);
      const auto body = sent_.bodies.try_emplace(id, std::string(size, 'x') + id).first;
      events.push_back({.id = id, .call = "call-" + id, .body = body->second});
    }
    const auto results = log_.append(events);
    for (std::size_t i = 0; i < events.size(); ++i) {
      if (results[i]) note(events[i].id, *results[i]);
    }
    return !results.front().has_error();
  }

  void note(const std::string& id, const Appended& appended) {
    const auto known = sent_.acknowledged.emplace(id, appended.place);
    EXPECT_EQ(known.first->second, appended.place) << id;
  }

  /// The power goes while a client sends, and comes back.
  void lose_power() {
    std::thread sender([this] {
      while (append_some()) continue;
    });
    std::this_thread::sleep_for(std::chrono::microseconds(cut_after_(random_cut_)));
    disk_.cut_power();
    sender.join();
    log_.close();
    disk_.restore_power(random_);
    const auto opened = log_.try_open();
    ASSERT_TRUE(opened) << opened.error().detail;
  }

  void expect_nothing_lost() {
    const auto places = places_in(*log_);  // Throws on what is half-written.
    for (const auto& [id, place] : sent_.acknowledged) {
      ASSERT_EQ(places.count(id), 1U) << id;
      EXPECT_EQ(places.find(id)->second, place) << id;
    }
    for (const auto& [id, place] : places) {
      EXPECT_EQ(places.count(id), 1U) << id << " is there twice";
      ASSERT_TRUE(sent_.bodies.contains(id)) << id << " was never sent";
      EXPECT_EQ(decode_record(log_->read(place)->bytes)->body, sent_.bodies[id]);
    }
    for (std::uint32_t p = 0; p < kPartitions; ++p) EXPECT_EQ(log_->end(p), ids_in(*log_, p).size()) << "no gap";
  }

  std::mt19937_64 random_ = seeded_generator();
  std::mt19937_64 random_cut_{random_()};
  std::uniform_int_distribution<int> cut_after_{0, 2000};
  FaultInjectionEnv disk_;
  TestLog log_{{}, disk_.env()};
  Sent sent_;
};

TEST_F(PowerLoss, AfterAnAcknowledgementLosesNothing) {
  for (int round = 0; round < 60; ++round) {
    SCOPED_TRACE(round);
    if (random_below(random_, 5) == 0) {
      log_->stop();  // Into tables.
      log_.open();
    }
    lose_power();
    expect_nothing_lost();
    if (HasFailure()) return;
  }
  EXPECT_GT(sent_.acknowledged.size(), 60U);
}

TEST_F(PowerLoss, DuringCreationLeavesALogThatOpens) {
  for (std::uint64_t operation = 0; operation < 40; ++operation) {
    SCOPED_TRACE(operation);
    FaultInjectionEnv disk;
    TestLog log({}, disk.env());
    disk.arm({.fail_at = operation, .lasting = true});
    (void)log.try_open();
    disk.cut_power();
    log.close();
    disk.heal();
    disk.restore_power(random_);
    const auto opened = log.try_open();
    ASSERT_TRUE(opened) << opened.error().detail;
    EXPECT_EQ(log->partitions(), kPartitions);
    EXPECT_TRUE(log.append("a"));
  }
}

}  // namespace
}  // namespace hookledger::testing
