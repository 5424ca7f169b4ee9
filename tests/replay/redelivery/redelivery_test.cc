#include "replay/redelivery/redelivery.h"

#include <gmock/gmock.h>
#include <thread>

#include "tests/replay/redelivery/redelivery_log.h"
#include "tests/support/manual_clock.h"
#include "tests/support/seeded.h"
#include "tests/support/temporary_folder.h"

namespace hookledger::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;

/// An application that remembers what it took, in order.
class Application {
 public:
  /// What it answers to the request with this number, from 1. Called with the application locked.
  std::function<unsigned(std::uint64_t number, Place place)> answer = [](std::uint64_t, Place) { return 200U; };

  std::vector<std::unique_ptr<Endpoint>> connections(std::size_t count) {
    std::vector<std::unique_ptr<Endpoint>> all;
    for (std::size_t i = 0; i < count; ++i) all.push_back(std::make_unique<Connection>(*this));
    return all;
  }
  const std::vector<Place>& taken() const { return taken_; }
  std::vector<std::string> ids() const { return ids_; }

 private:
  class Connection : public Endpoint {
   public:
    explicit Connection(Application& application) : application_(application) {}
    std::optional<ReceiverAnswer> begin(const OutboundRequest& request, std::stop_token) override {
      return application_.take(request);
    }

   private:
    Application& application_;
  };

  ReceiverAnswer take(const OutboundRequest& request) {
    std::map<std::string, std::string> headers(request.headers.begin(), request.headers.end());
    EXPECT_EQ(headers["hookledger-replay"], "true");
    const Place place{static_cast<std::uint32_t>(std::stoul(headers["hookledger-partition"])),
                      std::stoull(headers["hookledger-offset"])};
    const std::lock_guard lock(mutex_);
    const unsigned status = answer(++requests_, place);
    if (status == 200) taken_.push_back(place);
    if (status == 200) ids_.push_back(headers["hookledger-event-id"]);
    return {.status = status};
  }

  std::mutex mutex_;
  std::uint64_t requests_ = 0;
  std::vector<Place> taken_;
  std::vector<std::string> ids_;
};

class RedeliveryTest : public ::testing::Test {
 protected:
  RedeliveryTest() {
    time_ = std::jthread([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        clock_.advance(100ms);
        std::this_thread::sleep_for(1ms);
      }
    });
    options_.dispatcher.is_replay = true;
    options_.dispatcher.records_max = 20;
    options_.dispatcher.give_up.attempts = 8;
  }

  std::unique_ptr<JobFolder> folder() const { return JobFolder::open(folder_ / "job").value(); }
  void begin() {
    Job job{.began_at = kStart, .ends = {}, .records = 0};
    for (std::uint32_t partition = 0; partition < log_.partitions(); ++partition) {
      job.ends.push_back(log_.end(partition));
    }
    folder()->begin(job).value();
  }
  /// One run of the job, as a new process does it.
  Result<RedeliveryReport> run(const std::stop_token& stop = {}) {
    const auto opened = folder();
    const auto stored = opened->load().value().value();
    Redelivery redelivery(options_, {log_, *opened, clock_, show_});
    return redelivery.run(stored.progress, selection_, parts_left(stored.job, stored.progress, {}),
                          application_.connections(4), stop);
  }
  void fill(std::size_t records, std::size_t calls) {
    for (std::size_t i = 0; i < records; ++i) {
      append(log_, std::to_string(i),
             {.call = "call-" + std::to_string(i % calls), .received_at = kStart + std::chrono::seconds(i)});
    }
  }

  ManualClock clock_{kStart + 24h};
  MemoryLog log_{3};
  TemporaryFolder folder_;
  Application application_;
  Selection selection_;
  RedeliveryOptions options_;
  std::function<void(std::uint64_t, const std::string&)> show_;
  std::jthread time_;
};

TEST_F(RedeliveryTest, SendsWhatIsSelectedAndNothingElse) {
  append(log_, "a", {.call = "call"});
  append(log_, "b", {.call = "call", .type = "call.hangup"});
  append(log_, "c", {.call = "call"});
  selection_.filter.types = {"call.initiated"};
  begin();
  append(log_, "d", {.call = "call"});
  const auto report = run();
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_EQ(report->end, RedeliveryEnd::kDone);
  EXPECT_EQ(report->counts.delivered, 2u);
  EXPECT_THAT(application_.ids(), ElementsAre("a", "c"));
  EXPECT_EQ(run()->counts.delivered, 0u) << "what is done is not sent again";
}

TEST_F(RedeliveryTest, KeepsTheOriginalPace) {
  fill(5, 1);
  begin();
  options_.speed = 2;
  const Time began = clock_.wall();
  ASSERT_EQ(run()->counts.delivered, 5u);
  EXPECT_GE(clock_.wall() - began, 2s);
}

TEST_F(RedeliveryTest, WhatIsGivenUpIsListedAndHoldsUpNothing) {
  fill(6, 2);
  begin();
  application_.answer = [&](std::uint64_t, Place place) {
    const auto stored = log_.read(place).value();
    return decode_record(stored.bytes)->id == "2" ? 400U : 200U;
  };
  const auto report = run();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->end, RedeliveryEnd::kDone);
  ASSERT_EQ(report->given_up.size(), 1u);
  EXPECT_EQ(report->given_up[0].key, "call-0");
  EXPECT_EQ(report->given_up[0].attempts, 8u);
  EXPECT_EQ(report->given_up[0].answer, "HTTP 400");
  EXPECT_THAT(application_.ids(), IsSupersetOf({"0", "1", "3", "4", "5"}));
  // The next run tries what was given up, and that alone.
  application_.answer = [](std::uint64_t, Place) { return 200U; };
  EXPECT_EQ(run()->counts.delivered, 1u);
  EXPECT_EQ(application_.ids().back(), "2");
}

TEST_F(RedeliveryTest, StopsWhenTooMuchIsGivenUp) {
  fill(200, 200);
  begin();
  options_.given_up_max = 10;
  options_.dispatcher.give_up.attempts = 1;
  application_.answer = [](std::uint64_t, Place) { return 400U; };
  const auto report = run();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->end, RedeliveryEnd::kTooMany);
  EXPECT_GE(report->given_up.size(), 10u);
  EXPECT_THAT(application_.ids(), IsEmpty());
}

TEST_F(RedeliveryTest, EndsWhenTheApplicationWantsNoMore) {
  fill(20, 20);
  begin();
  application_.answer = [](std::uint64_t number, Place) { return number < 5 ? 200U : 410U; };
  const auto report = run();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->end, RedeliveryEnd::kGone);
  EXPECT_EQ(report->counts.delivered, 4u);
}

TEST_F(RedeliveryTest, WhatRetentionRemovedIsCountedAndPassed) {
  fill(3, 1);
  begin();
  options_.dispatcher.bytes_max = 0;  // Every record is read when its turn comes.
  application_.answer = [&](std::uint64_t number, Place place) {
    if (number == 1) log_.lose({place.partition, 1});
    return 200U;
  };
  const auto report = run();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->end, RedeliveryEnd::kDone);
  EXPECT_EQ(report->counts.delivered, 2u);
  EXPECT_EQ(report->counts.vanished, 1u);
}

TEST_F(RedeliveryTest, ADamagedRecordEndsItAndWhatWentBeforeIsKept) {
  fill(3, 1);
  const Place last{partition_of("call-0", 3), 2};
  log_.replace(last, "damaged");
  begin();
  const auto report = run();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kCorruption);
  EXPECT_EQ(application_.taken().size(), folder()->load().value()->progress.delivered);
}

/// Failing answers, stops, and kills, which leave on disk what was there at some instant: at the end every selected
/// record was taken, the records of a call in their order.
TEST_F(RedeliveryTest, WhateverInterruptsItNothingIsLeftOut) {
  auto random = seeded_generator();
  const std::string progress = folder_ / "job/progress.json", at_kill = folder_ / "at-kill";
  for (int round = 0; round < 5; ++round) {
    log_ = MemoryLog(3);
    const std::size_t calls = 1 + random_below(random, 15);
    fill(150, calls);
    selection_.filter.types = {"call.*"};
    begin();
    options_.save_every = std::chrono::milliseconds(random_below(random, 400));
    options_.dispatcher.give_up.attempts = 0;
    const std::size_t seen_before = application_.taken().size();
    for (bool done = false; !done;) {
      std::stop_source stop;
      const bool kill = random_below(random, 3) != 0;
      std::uint64_t left = 1 + random_below(random, 120);
      std::filesystem::remove(at_kill);
      application_.answer = [&, left](std::uint64_t, Place) mutable {
        if (left > 0 && --left == 0) {
          if (kill && std::filesystem::exists(progress)) std::filesystem::copy_file(progress, at_kill);
          stop.request_stop();
        }
        return random_below(random, 20) == 0 ? 503U : 200U;
      };
      const auto report = run(stop.get_token());
      ASSERT_TRUE(report) << report.error().detail;
      done = report->end == RedeliveryEnd::kDone;
      if (!kill || done || !stop.stop_requested()) continue;
      std::filesystem::remove(progress);
      if (std::filesystem::exists(at_kill)) std::filesystem::copy_file(at_kill, progress);
    }
    std::map<std::string, std::vector<std::uint64_t>> first_taken;
    std::set<Place> seen;
    for (std::size_t i = seen_before; i < application_.taken().size(); ++i) {
      const Place place = application_.taken()[i];
      const auto stored = log_.read(place).value();
      if (seen.insert(place).second) {
        first_taken[std::string(decode_record(stored.bytes)->key)].push_back(place.offset);
      }
    }
    EXPECT_EQ(seen.size(), 150u) << "round " << round;
    for (const auto& [call, offsets] : first_taken) {
      EXPECT_TRUE(std::ranges::is_sorted(offsets)) << "round " << round << ": order of " << call;
    }
  }
}

}  // namespace
}  // namespace hookledger::testing
