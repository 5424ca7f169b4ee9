#include "projector/publisher.h"

#include <gmock/gmock.h>

#include "projector/folding.h"
#include "projector/rules/built_in_rules.h"
#include "schemas/text.h"
#include "tests/projector/history.h"
#include "tests/projector/memory_publication.h"
#include "tests/projector/published_state.h"
#include "tests/support/manual_clock.h"
#include "tests/support/memory_log.h"

namespace hookledger {
namespace {

using testing::differences;
using ::testing::HasSubstr;
using testing::HistoryEvent;
using ::testing::IsEmpty;
using testing::kStart;
using testing::ManualClock;
using testing::MemoryLog;
using testing::MemoryPublication;
using ::testing::Not;
using testing::random_history;
using ::testing::SizeIs;
using testing::state_to_publish;
using Failure = MemoryPublication::Failure;
using namespace std::chrono_literals;

constexpr std::uint32_t kPartitions = 2;

TEST(Published, ComesBackFromItsNote) {
  const Published published{7, kStart + 1us};
  EXPECT_EQ(read_published(7, published_note(published)), published);
  EXPECT_EQ(read_published(7, published_note({7, Time::min()})), (Published{7, Time()}));
  for (const char* note : {"", "1", "1 ", "1 x", "1 5 5", "2 5", "1 -5", "1  5", "1 99999999999999999999"}) {
    EXPECT_EQ(read_published(7, note), (Published{7, Time()})) << note;
  }
}

class PublisherTest : public ::testing::Test {
 protected:
  std::unique_ptr<CallStore> empty_store() {
    return CallStore::make(open_key_value_overlay({}).value(), make_shape(kPartitions, *rules_)).value();
  }

  void append(const HistoryEvent& event) {
    event.with_record([&](const RecordView& record) { log_.append(record); });
  }
  /// An event of the one call of most tests.
  void append(const std::string& type, const std::string& leg, Duration at) {
    append({.id = type + leg + std::to_string(at.count()),
            .type = type,
            .call = "call",
            .leg = leg,
            .occurred_at = kStart + at,
            .received_at = kStart + at});
  }

  /// Folds up to `end`, or all.
  void fold(CallStore& store, std::uint32_t partition, std::uint64_t end = UINT64_MAX) {
    Folding folding(store, *rules_);
    const std::uint64_t covered = store.covered(partition).value(), last = std::min(end, log_.end(partition));
    if (last > covered) {
      fold_partition(folding, store, log_, partition, covered, last, [](auto) { return true; }).value();
    }
  }
  void fold_all() {
    for (std::uint32_t partition = 0; partition < kPartitions; ++partition) fold(*store_, partition);
  }

  PartitionPublisher open(std::uint32_t partition) {
    return {{*store_, log_, *rules_}, partition, publication_.published(partition).value()};
  }

  /// One step of a partition; false when there was nothing to do.
  bool publish(PartitionPublisher& publisher) {
    PublicationBatch batch;
    publisher.gather(now_, batch).value();
    if (batch.progress.empty()) return false;
    if (publication_.publish(batch.messages, batch.progress)) publisher.accept();
    return true;
  }

  void expect_published() {
    const auto state = state_to_publish(*store_, *rules_, now_);
    EXPECT_THAT(differences(publication_.calls(), state.calls), IsEmpty());
    EXPECT_THAT(differences(publication_.findings(), state.findings), IsEmpty());
  }

  MemoryLog log_{kPartitions};
  std::unique_ptr<RuleSet> rules_ = built_in_rules();
  std::unique_ptr<CallStore> store_ = empty_store();
  MemoryPublication publication_;
  Time now_ = kStart;
  const std::uint32_t partition_ = partition_of("call", kPartitions);
};

std::uint64_t events_in(const std::string& call_json) {
  constexpr std::string_view kCount = R"("events":{"count":)";
  const auto at = call_json.find(kCount) + kCount.size();
  return parse_unsigned(std::string_view(call_json).substr(at, call_json.find(',', at) - at)).value();
}

TEST_F(PublisherTest, WhateverHappensTheLatestIsTheStateAndNothingOlderComesAfterANewer) {
  auto random = seeded_generator();
  for (int round = 0; round < 30; ++round) {
    log_ = MemoryLog(kPartitions);
    store_ = empty_store();
    publication_.clear();
    now_ = kStart;
    const auto history = random_history(random, 20);
    auto next = history.begin();
    std::map<std::uint32_t, PartitionPublisher> publishers;
    const auto reopen = [&] {
      publishers.clear();
      for (std::uint32_t i = 0; i < kPartitions; ++i) publishers.emplace(i, open(i));
    };
    reopen();
    while (next != history.end()) {
      for (std::size_t n = random_below(random, 10); n > 0 && next != history.end(); --n) append(*next++);
      const auto partition = static_cast<std::uint32_t>(random_below(random, kPartitions));
      fold(*store_, partition, store_->covered(partition).value() + random_below(random, 12));
      now_ += std::chrono::milliseconds(random_below(random, 3000));
      const std::size_t chance = random_below(random, 10);
      publication_.fail(chance == 0 ? Failure::kBefore : chance == 1 ? Failure::kAfter : Failure::kNone);
      publish(publishers.at(partition));
      if (chance == 1 || chance == 2) reopen();
      if (chance == 3) {  // Another process, which has folded less.
        store_ = empty_store();
        reopen();
      }
    }
    publication_.fail(Failure::kNone);
    for (const std::chrono::seconds wait : {0s, 3s, 10s, 60s, 18'000s}) {
      now_ += wait;
      fold_all();
      for (auto& [partition, publisher] : publishers) {
        while (publish(publisher)) {
        }
        EXPECT_EQ(publisher.lag(), 0U);
      }
      expect_published();
    }
    std::map<std::string, std::uint64_t> events;
    for (const Message& message : publication_.log()) {
      if (message.topic != Topic::kCalls) continue;
      EXPECT_EQ(message.partition, partition_of(message.key, kPartitions));
      EXPECT_GE(events_in(*message.value), std::exchange(events[message.key], events_in(*message.value)));
    }
  }
}

TEST_F(PublisherTest, FindingsComeAndGoWithTimeAlone) {
  append("call.initiated", "a", 0s);
  append("call.answered", "a", 1s);
  fold_all();
  auto publisher = open(partition_);
  ASSERT_TRUE(publish(publisher));
  EXPECT_FALSE(publish(publisher));
  EXPECT_THAT(publication_.findings(), IsEmpty());
  now_ = kStart + 11s - 1us;
  EXPECT_FALSE(publish(publisher));
  now_ = kStart + 4h + 5min;
  ASSERT_TRUE(publish(publisher));
  EXPECT_FALSE(publish(publisher));
  EXPECT_THAT(publication_.calls().at("call"), HasSubstr(R"("findings":["no-end"])"));
  append("call.hangup", "a", 4h + 6min);
  now_ = kStart + 4h + 6min;
  fold_all();
  ASSERT_TRUE(publish(publisher));
  EXPECT_THAT(publication_.calls().at("call"), HasSubstr(R"("findings":[])"));
  EXPECT_THAT(publication_.findings().begin()->second, HasSubstr(R"("status":"resolved")"));
  expect_published();
}

TEST_F(PublisherTest, LaterDeadlinesOfADueCallComeInTheirTurnAlsoAfterARestart) {
  append("call.answered", "b", 0s);  // missing-event after 5 s, answered-not-bridged after 10 s.
  append("call.initiated", "a", 0s);
  fold_all();
  for (int restart = 0; restart < 2; ++restart) {
    auto publisher = open(partition_);
    std::size_t published = 0;
    for (int step = 0; step < 150; ++step, now_ += 100ms) {
      if (publish(publisher)) ++published;
      expect_published();
    }
    EXPECT_LT(published, 6U) << "only when something changed";
    EXPECT_EQ(published == 0, restart > 0) << published << " in run " << restart;
  }
}

TEST_F(PublisherTest, WhatWasNotedAndIsNotSoIsTakenBack) {
  const auto event = [&](const std::string& type, const std::string& leg, Duration at, Duration received) {
    append({.id = type + leg,
            .type = type,
            .call = "call",
            .leg = leg,
            .occurred_at = kStart + at,
            .received_at = kStart + received,
            .direction = leg == "a" ? "incoming" : "outgoing"});
    fold_all();
  };
  now_ = kStart + 7s;
  event("call.initiated", "a", 0s, 0s);
  event("call.answered", "b", 1s, 1s);
  event("call.answered", "c", 6s, 6s);
  auto publisher = open(partition_);
  ASSERT_TRUE(publish(publisher));
  const auto noted = [&] {
    std::size_t count = 0;
    for (const auto& [id, json] : publication_.findings()) count += json.find("double-answer") != std::string::npos;
    return count;
  };
  EXPECT_EQ(noted(), 1U);
  event("call.hangup", "b", 5s, 8s);
  now_ = kStart + 8s;
  ASSERT_TRUE(publish(publisher));
  EXPECT_EQ(noted(), 0U);
  expect_published();
}

TEST_F(PublisherTest, AClockBehindTheSinksHidesNothing) {
  append("call.initiated", "a", 0s);
  append("call.answered", "a", 1s);
  append("call.hangup", "a", 5h);
  now_ = kStart + 4h + 10min;
  fold_all();
  auto publisher = open(partition_);
  ASSERT_TRUE(publish(publisher));
  now_ = kStart + 6h;
  EXPECT_FALSE(publish(publisher));
  expect_published();
}

TEST_F(PublisherTest, RecordsOfNoCallAreProgressToo) {
  append({.id = "alone", .type = "number.ported", .call = {}, .leg = {}, .occurred_at = kStart, .received_at = kStart});
  const std::uint32_t partition = partition_of("alone", kPartitions);
  fold_all();
  auto publisher = open(partition);
  ASSERT_TRUE(publish(publisher));
  EXPECT_FALSE(publish(publisher));
  EXPECT_EQ(publication_.published(partition)->offset, 1U);
  EXPECT_THAT(publication_.log(), IsEmpty());
}

TEST_F(PublisherTest, ManyCallsAreManyBatchesAndDueOnesToo) {
  constexpr std::size_t kCalls = 2500;
  log_ = MemoryLog(1);
  for (std::size_t i = 0; i < kCalls; ++i) {
    append({.id = std::to_string(i),
            .type = "call.initiated",
            .call = "c" + std::to_string(i),
            .leg = std::to_string(i),
            .occurred_at = kStart,
            .received_at = kStart});
  }
  fold(*store_, 0);
  auto publisher = open(0);
  for (std::size_t expected : {1000U, 2000U, 2500U}) {
    ASSERT_TRUE(publish(publisher));
    EXPECT_THAT(publication_.calls(), SizeIs(expected));
  }
  EXPECT_FALSE(publish(publisher));
  now_ += 61s;
  for (std::size_t expected : {1000U, 2000U, 2500U}) {
    ASSERT_TRUE(publish(publisher));
    EXPECT_THAT(publication_.findings(), SizeIs(expected));
  }
  EXPECT_FALSE(publish(publisher));
}

TEST_F(PublisherTest, AStateIsAsOfItsOffsetWhateverTheStoreHasBeyond) {
  log_ = MemoryLog(1);
  const auto event = [&](std::size_t call, const std::string& type) {
    append({.id = type + std::to_string(call),
            .type = type,
            .call = "c" + std::to_string(call),
            .leg = "a",
            .occurred_at = kStart,
            .received_at = kStart});
  };
  for (std::size_t i = 0; i < 1500; ++i) event(i, "call.initiated");
  event(0, "call.hangup");
  fold(*store_, 0);
  auto publisher = open(0);
  ASSERT_TRUE(publish(publisher));
  EXPECT_EQ(publication_.published(0)->offset, 1000U);
  EXPECT_EQ(events_in(publication_.calls().at("c0")), 1U);
  ASSERT_TRUE(publish(publisher));
  EXPECT_EQ(events_in(publication_.calls().at("c0")), 2U);
  expect_published();
}

class PublisherThreadTest : public PublisherTest {
 protected:
  template <class Condition>
  static bool becomes_true(const Condition& condition) {
    for (int i = 0; i < 1000 && !condition(); ++i) std::this_thread::sleep_for(10ms);
    return condition();
  }

  void start() {
    publisher_ = std::make_unique<Publisher>(Publisher::Parts{publication_, log_, *rules_, clock_, logger_, metrics_});
  }

  ManualClock clock_{kStart + 1h};
  Logger logger_{{.json = false, .level = Logger::Level::kError}};
  Metrics metrics_;
  std::unique_ptr<Publisher> publisher_;
};

TEST_F(PublisherThreadTest, PartitionsComeAndGo) {
  auto random = seeded_generator();
  for (const HistoryEvent& event : random_history(random, 30)) append(event);
  fold_all();
  now_ = clock_.wall();
  start();
  publisher_->add(0, *store_);
  ASSERT_TRUE(becomes_true([&] { return publication_.published(0)->offset == log_.end(0); }));
  EXPECT_EQ(publication_.published(1)->offset, 0U);
  publisher_->add(1, *store_);
  ASSERT_TRUE(becomes_true([&] { return publication_.published(1)->offset == log_.end(1); }));
  expect_published();
  publisher_->remove(0);
  publisher_->remove(1);
  const std::size_t publishings = publication_.publishings();
  clock_.advance(5h);
  std::this_thread::sleep_for(300ms);
  EXPECT_EQ(publication_.publishings(), publishings);
  EXPECT_THAT(metrics_.text(), HasSubstr("hookledger_publish_lag_records 0\n"));
}

TEST_F(PublisherThreadTest, WhatIsRemovedIsOnItsWayNoMore) {
  append("call.initiated", "a", 0s);
  fold_all();
  publication_.take(300ms);
  start();
  publisher_->add(partition_, *store_);
  ASSERT_TRUE(becomes_true([&] { return publication_.under_way(); }));
  publisher_->remove(partition_);
  EXPECT_FALSE(publication_.under_way());
}

TEST_F(PublisherThreadTest, AFailureIsCountedAndTriedAgain) {
  append("call.initiated", "a", 0s);
  fold_all();
  now_ = clock_.wall();
  publication_.fail(Failure::kBefore);
  start();
  publisher_->add(partition_, *store_);
  ASSERT_TRUE(becomes_true([&] { return publication_.publishings() >= 2; }));
  EXPECT_THAT(metrics_.text(), HasSubstr("hookledger_publish_lag_records 1\n"));
  EXPECT_THAT(metrics_.text(), Not(HasSubstr("hookledger_publish_failures_total 0\n")));
  publication_.fail(Failure::kNone);
  ASSERT_TRUE(becomes_true([&] { return publication_.published(partition_)->offset == 1; }));
  expect_published();
}

}  // namespace
}  // namespace hookledger
