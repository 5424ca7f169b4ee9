#include "replay/recovery/recoverer.h"

#include <gmock/gmock.h>
#include <thread>

#include "tests/guarantees/ledger.h"
#include "tests/replay/recovery/recovery_scene.h"

namespace hookledger::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

bool comes(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + 20s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

/// Says what the tale says, unless it is down. Threads: any.
class LiveApi : public ApiTransport {
 public:
  ApiAnswer get(const std::string& target, std::stop_token) override {
    const std::lock_guard lock(mutex_);
    asked_.push_back(target);
    if (!refused_.empty() && target.find(refused_) != std::string::npos) return {.status = refusal_};
    return down_ ? ApiAnswer{.failure = "down"} : tale_(target);
  }
  void tell(const ProviderTale& tale, bool down = false) {
    const std::lock_guard lock(mutex_);
    tale_ = tale;
    down_ = down;
  }
  /// What has this in it; nothing any more when that is empty.
  void refuse(const std::string& text, unsigned status) {
    const std::lock_guard lock(mutex_);
    refused_ = text;
    refusal_ = status;
  }
  std::vector<std::string> asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }
  bool was_asked(const std::string& text) const {
    for (const std::string& target : asked()) {
      if (target.find(text) != std::string::npos) return true;
    }
    return false;
  }

 private:
  mutable std::mutex mutex_;
  ProviderTale tale_;
  bool down_ = false;
  std::string refused_;
  unsigned refusal_ = 0;
  std::vector<std::string> asked_;
};

/// One partition of a state.
class OnePartition : public State {
 public:
  OnePartition(State& all, std::uint32_t partition) : all_(all), partitions_{partition} {}
  const std::vector<std::uint32_t>& partitions() const override { return partitions_; }
  const Queries& queries() const override { return all_.queries(); }
  bool settle(std::optional<std::uint32_t> partition, std::chrono::milliseconds timeout) override {
    return all_.settle(partition, timeout);
  }

 private:
  State& all_;
  const std::vector<std::uint32_t> partitions_;
};

/// The states of some partitions, which come and go. Threads: any.
class Ownership {
 public:
  explicit Ownership(State& all) : all_(all) {}
  void own(const std::vector<std::uint32_t>& partitions, bool all_open = true) {
    const std::lock_guard lock(mutex_);
    here_ = {{}, all_open};
    for (const std::uint32_t partition : partitions) {
      here_.open.push_back(std::make_shared<OnePartition>(all_, partition));
    }
  }
  Recovery::States states() {
    return [this] {
      const std::lock_guard lock(mutex_);
      return here_;
    };
  }

 private:
  State& all_;
  std::mutex mutex_;
  StatesHere here_;
};

class Recoverers : public ::testing::Test {
 protected:
  void start(std::vector<std::string> connections = {}) {
    recoverer_.emplace(
        Recoverer::Options{std::move(connections), 200ms, folder_ / "recovery", 1},
        Recoverer::Parts{recovery_, scene_.log().log(), scene_.states(), clock_, scene_.logger(), scene_.metrics()});
  }
  /// Of what `ownership` says is here.
  void start(Ownership& ownership) {
    part_.emplace("telnyx", partitions(),
                  Recovery::Parts{telnyx_, appends_to(scene_.log().log()), ownership.states(), clock_, scene_.logger(),
                                  scene_.metrics()});
    recoverer_.emplace(
        Recoverer::Options{{}, 200ms, folder_ / "recovery", 1},
        Recoverer::Parts{*part_, scene_.log().log(), ownership.states(), clock_, scene_.logger(), scene_.metrics()});
  }
  std::uint32_t partitions() { return scene_.log().log().partitions(); }
  std::uint32_t partition(const std::string& call) { return partition_of(call, partitions()); }
  /// A call in another partition.
  std::string apart_from(const std::string& call) {
    for (int i = 0;; ++i) {
      if (partition("other-" + std::to_string(i)) != partition(call)) return "other-" + std::to_string(i);
    }
  }
  static bool short_pause(Duration time, const std::stop_token& stop) {
    std::this_thread::sleep_for(std::min<Duration>(time, 5ms));
    return !stop.stop_requested();
  }

  TemporaryFolder folder_;
  CalendarClock clock_{kStart + 1h};
  RecoveryScene<CalendarClock> scene_{clock_};
  LiveApi api_;
  ApiClient client_{"telnyx", {api_, clock_, scene_.metrics(), short_pause}, 1};
  TelnyxApi telnyx_{"/v2", client_};
  Recovery recovery_{
      "telnyx",
      scene_.log().log().partitions(),
      {telnyx_, appends_to(scene_.log().log()), scene_.states(), clock_, scene_.logger(), scene_.metrics()}};
  std::optional<Recovery> part_;
  std::optional<Recoverer> recoverer_;
};

TEST_F(Recoverers, WhatFailedWhileWeWereDownComesBackAtTheStart) {
  scene_.deliver(body_of("c", "initiated", kStart), kStart);
  ProviderTale tale;
  tale.failed = {body_of("c", "hangup", kStart + 5s)};
  api_.tell(tale);
  start();
  EXPECT_TRUE(comes([&] { return scene_.call("c").status == CallStatus::kEnded; }));
  EXPECT_THAT(api_.asked().front(), HasSubstr(percent_encode(format_time(kStart - 10min - 200ms))))
      << "since the last record, an interval and a margin";
}

TEST_F(Recoverers, AStalledCallAsksAboutItselfAndAgainUntilItIsAnswered) {
  scene_.deliver(body_of("c", "initiated", kStart), kStart);
  api_.tell({});
  start();
  ASSERT_TRUE(comes([&] { return api_.was_asked("/calls/control-of-c"); }));
  EXPECT_EQ(scene_.call("c").status, CallStatus::kInitiated) << "when the provider cannot tell it stays open";
  EXPECT_TRUE(comes(
      [&] { return scene_.metrics().text().find("questions_waiting{source=\"telnyx\"} 1") != std::string::npos; }));
  EXPECT_THAT(scene_.metrics().text(), HasSubstr("oldest_question_seconds{source=\"telnyx\"} 3540"));
  ProviderTale tale;
  tale.events["leg-of-c"] = {body_of("c", "hangup", kStart + 5s)};
  api_.tell(tale);
  EXPECT_TRUE(comes([&] { return scene_.call("c").status == CallStatus::kEnded; }));
  EXPECT_TRUE(comes(
      [&] { return scene_.metrics().text().find("questions_waiting{source=\"telnyx\"} 0") != std::string::npos; }));
  EXPECT_THAT(scene_.metrics().text(), HasSubstr("recovered_total{reason=\"no-answer-no-end\",source=\"telnyx\"} 1"));
}

TEST_F(Recoverers, AnOutageOfTheProviderDelaysAndLosesNothing) {
  scene_.deliver(body_of("c", "initiated", kStart), kStart);
  ProviderTale tale;
  tale.failed = {body_of("d", "hangup", kStart)};
  tale.events["leg-of-c"] = {body_of("c", "hangup", kStart + 5s)};
  api_.tell(tale, true);
  start();
  ASSERT_TRUE(comes([&] { return api_.asked().size() >= 5; }));
  EXPECT_THAT(scene_.provenances("d"), IsEmpty());
  api_.tell(tale);
  EXPECT_TRUE(comes([&] { return scene_.call("d").status == CallStatus::kEnded; }));
  EXPECT_TRUE(comes([&] { return scene_.call("c").status == CallStatus::kEnded; }));
}

TEST_F(Recoverers, ASweepGoesOnAtThePageWhereItWasStopped) {
  ASSERT_TRUE(SweepFile(folder_ / "recovery/telnyx").save({kStart, kStart + 1min, 3, {0, 1, 2}, {}}));
  api_.tell({});
  start();
  ASSERT_TRUE(comes([&] { return api_.asked().size() >= 2; }));
  EXPECT_EQ(ProviderTale::value_of(api_.asked()[0], "page[number]"), "3");
  EXPECT_THAT(api_.asked()[0], HasSubstr(percent_encode(format_time(kStart))));
  EXPECT_EQ(ProviderTale::value_of(api_.asked()[1], "page[number]"), "1");
  EXPECT_THAT(api_.asked()[1], HasSubstr(percent_encode(format_time(kStart + 1min - 10min))));
}

TEST_F(Recoverers, ASweepBeginsAgainForAPartitionThatComes) {
  const std::string other = apart_from("c");
  for (const std::string& call : {std::string("c"), other}) scene_.deliver(body_of(call, "initiated", kStart), kStart);
  scene_.settle();
  ASSERT_TRUE(SweepFile(folder_ / "recovery/telnyx").save({kStart, kStart + 59min, 0, {partition("c")}, {}}));
  ProviderTale tale;
  tale.failed = {body_of(other, "hangup", kStart + 5s)};
  api_.tell(tale);
  Ownership ownership(scene_.projection());
  ownership.own({partition("c")});
  start(ownership);
  ASSERT_TRUE(comes([&] { return api_.was_asked(percent_encode(format_time(kStart + 49min))); }));
  EXPECT_THAT(scene_.provenances(other), ElementsAre(Provenance::kDelivered)) << "it is another's";
  ownership.own({partition("c")}, false);
  ownership.own({partition("c"), partition(other)});
  EXPECT_TRUE(comes([&] { return scene_.call(other).status == CallStatus::kEnded; }));
  EXPECT_TRUE(api_.was_asked(percent_encode(format_time(kStart - 10min - 200ms)))) << "since its last record";
}

TEST_F(Recoverers, AfterARestartASweepOfFewerPartitionsBeginsAgain) {
  const std::string other = apart_from("c");
  scene_.deliver(body_of(other, "initiated", kStart), kStart);
  scene_.settle();
  const SweepPosition before{kStart + 30min, kStart + 40min, 3, {partition("c")}, {{partition(other), kStart + 1min}}};
  ASSERT_TRUE(SweepFile(folder_ / "recovery/telnyx").save(before));
  api_.tell({});
  Ownership ownership(scene_.projection());
  ownership.own({partition("c"), partition(other)});
  start(ownership);
  ASSERT_TRUE(comes([&] { return !api_.asked().empty(); }));
  EXPECT_EQ(ProviderTale::value_of(api_.asked()[0], "page[number]"), "1");
  EXPECT_THAT(api_.asked()[0], HasSubstr(percent_encode(format_time(kStart + 1min - 10min))))
      << "where it was for the partition that had left";
}

TEST_F(Recoverers, NothingIsSweptWhileAPartitionIsNotOpen) {
  scene_.deliver(body_of("c", "initiated", kStart), kStart);
  scene_.settle();
  api_.tell({});
  Ownership ownership(scene_.projection());
  ownership.own({partition("c")}, false);
  start(ownership);
  ASSERT_TRUE(comes([&] { return api_.was_asked("/calls/control-of-c"); })) << "calls that are here are asked about";
  EXPECT_FALSE(api_.was_asked("status"));
  ownership.own({partition("c")});
  EXPECT_TRUE(comes([&] { return api_.was_asked("status"); }));
}

TEST_F(Recoverers, APageThatTheProviderRefusesIsPassedOver) {
  ProviderTale tale;
  tale.page_size = 1;
  tale.failed = {body_of("a", "hangup", kStart), body_of("b", "hangup", kStart)};
  api_.tell(tale);
  api_.refuse("page%5Bnumber%5D=1&", 400);
  start();
  EXPECT_TRUE(comes([&] { return scene_.call("b").status == CallStatus::kEnded; }));
  EXPECT_THAT(scene_.provenances("a"), IsEmpty());
}

TEST_F(Recoverers, ASweepOfAListThatIsNotThereKeepsItsPosition) {
  const SweepFile file(folder_ / "recovery/telnyx");
  ASSERT_TRUE(file.save({kStart, kStart + 1min, 3, {partition("c")}, {}}));
  Ownership ownership(scene_.projection());
  ownership.own({partition("c")});
  api_.refuse("webhook_deliveries", 404);
  start(ownership);
  ASSERT_TRUE(comes([&] { return api_.asked().size() >= 2; }));
  EXPECT_EQ(file.load()->page, 3u);
  EXPECT_EQ(ProviderTale::value_of(api_.asked()[1], "page[number]"), "3");
  api_.refuse({}, 0);
  EXPECT_TRUE(comes([&] { return file.load()->page == 0; }));
}

TEST_F(Recoverers, ACallThatIsNotAmongTheActiveIsAskedAbout) {
  // Bridged, and silent since: no rule says anything for hours.
  for (const char* type : {"initiated", "answered", "bridged"}) {
    scene_.deliver(body_of("c", type, kStart + 59min), kStart + 59min);
  }
  clock_.set(kStart + 1h + 3min);
  ProviderTale tale;
  tale.legs["control-of-c"] = leg_answer(R"({"is_alive":false,"end_time":")" + format_time(kStart + 1h) + R"("})");
  api_.tell(tale);
  start({"connection"});
  EXPECT_TRUE(comes([&] { return scene_.call("c").status == CallStatus::kEnded; }));
  EXPECT_EQ(scene_.call("c").ended_at, kStart + 1h);
}

TEST_F(Recoverers, CallsOfOtherSourcesAreNoneOfItsBusiness) {
  EXPECT_TRUE(is_about_loss("missing-event"));
  EXPECT_FALSE(is_about_loss("late-event"));
  Recovery other("another", scene_.log().log().partitions(),
                 {telnyx_, appends_to(scene_.log().log()), scene_.states(), clock_, scene_.logger(), scene_.metrics()});
  scene_.deliver(body_of("c", "initiated", kStart), kStart);
  scene_.settle();
  api_.tell({});
  recoverer_.emplace(
      Recoverer::Options{{}, 200ms, folder_ / "recovery", 1},
      Recoverer::Parts{other, scene_.log().log(), scene_.states(), clock_, scene_.logger(), scene_.metrics()});
  ASSERT_TRUE(comes([&] { return api_.asked().size() >= 5; }));
  EXPECT_FALSE(api_.was_asked("leg-of-c"));
}

}  // namespace
}  // namespace hookledger::testing
