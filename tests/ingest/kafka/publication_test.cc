#include <gmock/gmock.h>

#include "projector/folding.h"
#include "projector/publisher.h"
#include "projector/rules/built_in_rules.h"
#include "tests/ingest/kafka/group_member.h"
#include "tests/projector/history.h"
#include "tests/projector/published_state.h"
#include "tests/support/manual_clock.h"
#include "tests/support/memory_log.h"
#include "tools/kafka_publication.h"

namespace hookledger {
namespace {

using testing::becomes_true;
using testing::differences;
using testing::GroupMember;
using ::testing::HasSubstr;
using testing::HistoryEvent;
using ::testing::IsEmpty;
using testing::kStart;
using testing::ManualClock;
using testing::MemoryLog;
using testing::random_history;
using testing::SeenMessage;
using ::testing::SizeIs;
using testing::state_to_publish;
using testing::TopicFamily;
using namespace std::chrono_literals;

constexpr std::uint32_t kPartitions = 3;

std::unique_ptr<CallStore> empty_store(const RuleSet& rules) {
  return CallStore::make(open_key_value_overlay({}).value(), make_shape(kPartitions, rules)).value();
}

/// Of each key the latest that a reader of the topic finds.
std::map<std::string, std::string> latest(const TopicFamily& topics, const std::string& topic) {
  std::map<std::string, std::string> values;
  for (const auto& [key, message] : topics.latest(topic, kPartitions)) values[key] = *message.value;
  return values;
}

/// A log before the publisher starts to read it, a clock, and the topics.
class PublicationTest : public ::testing::Test {
 protected:
  /// A projector that has all partitions.
  struct Process {
    Process(PublicationTest& test, const std::string& instance)
        : store(empty_store(*test.rules_)),
          member(test.topics_, instance),
          publication(make_kafka_publication(test.topics_.cluster(), member.group(), instance, test.topics_.logger())) {
      EXPECT_TRUE(becomes_true([&] { return member.count() == kPartitions; }));
      publisher = std::make_unique<Publisher>(
          Publisher::Parts{*publication, test.log_, *test.rules_, test.clock_, test.topics_.logger(), metrics});
      for (std::uint32_t i = 0; i < kPartitions; ++i) publisher->add(i, *store);
    }

    std::unique_ptr<CallStore> store;
    GroupMember member;
    std::unique_ptr<Publication> publication;
    Metrics metrics;
    std::unique_ptr<Publisher> publisher;
  };

  void append(std::string type, Duration at) {
    const HistoryEvent event{
        .id = type, .type = type, .call = "call", .leg = "a", .occurred_at = kStart + at, .received_at = kStart + at};
    event.with_record([&](const RecordView& record) { log_.append(record); });
  }

  void fold(CallStore& store, std::uint64_t end = UINT64_MAX) {
    for (std::uint32_t partition = 0; partition < kPartitions; ++partition) {
      const std::uint64_t covered = store.covered(partition).value(), last = std::min(end, log_.end(partition));
      Folding folding(store, *rules_);
      if (last > covered) {
        fold_partition(folding, store, log_, partition, covered, last, [](auto) { return true; }).value();
      }
    }
  }

  bool all_published(Process& process) {
    return becomes_true([&] {
      for (std::uint32_t partition = 0; partition < kPartitions; ++partition) {
        const auto committed = process.member.group().committed(partition);
        if (!committed || (*committed ? (*committed)->offset : 0) != log_.end(partition)) return false;
      }
      return true;
    });
  }

  void expect_published(const CallStore& store) {
    const auto state = state_to_publish(store, *rules_, clock_.wall());
    EXPECT_THAT(differences(latest(topics_, topics_.names().calls), state.calls), IsEmpty());
    EXPECT_THAT(differences(latest(topics_, topics_.names().findings), state.findings), IsEmpty());
  }

  TopicFamily topics_{kPartitions};
  MemoryLog log_{kPartitions};
  ManualClock clock_{kStart + 1h};
  std::unique_ptr<RuleSet> rules_ = built_in_rules();
};

TEST_F(PublicationTest, TheLatestIsTheStateAlsoAfterARestartThatHasFoldedLess) {
  auto random = seeded_generator();
  for (const HistoryEvent& event : random_history(random, 60)) {
    event.with_record([&](const RecordView& record) { log_.append(record); });
  }
  std::size_t before = 0;
  {
    Process first(*this, "a");
    fold(*first.store, 40);
    fold(*first.store);
    ASSERT_TRUE(all_published(first));
    expect_published(*first.store);
    before = topics_.read(topics_.names().calls, kPartitions).size();
  }
  append("call.initiated", 0s);
  Process second(*this, "a");
  fold(*second.store, 20);
  std::this_thread::sleep_for(1s);
  EXPECT_THAT(topics_.read(topics_.names().calls, kPartitions), SizeIs(before)) << "nothing older than what is there";
  fold(*second.store);
  ASSERT_TRUE(all_published(second));
  expect_published(*second.store);
  const auto calls = topics_.read(topics_.names().calls, kPartitions);
  EXPECT_THAT(calls, SizeIs(before + 1)) << "nothing twice";
  for (const SeenMessage& message : calls) EXPECT_EQ(message.partition, partition_of(message.key, kPartitions));
}

TEST_F(PublicationTest, FindingsOpenWithTimeAloneAndAreResolved) {
  clock_.advance(-1h);
  append("call.initiated", 0s);
  Process process(*this, "a");
  fold(*process.store);
  ASSERT_TRUE(all_published(process));
  EXPECT_THAT(latest(topics_, topics_.names().findings), IsEmpty());
  clock_.advance(60s);
  const auto finding = [&] {
    const auto findings = latest(topics_, topics_.names().findings);
    return findings.empty() ? std::string() : findings.begin()->second;
  };
  ASSERT_TRUE(becomes_true([&] { return !finding().empty(); }));
  EXPECT_THAT(finding(), HasSubstr(R"("rule":"no-answer-no-end")"));
  EXPECT_THAT(finding(), HasSubstr(R"("status":"open")"));
  expect_published(*process.store);
  clock_.advance(10s);
  append("call.hangup", 70s);
  fold(*process.store);
  ASSERT_TRUE(all_published(process));
  EXPECT_THAT(finding(), HasSubstr(R"("status":"resolved")"));
  expect_published(*process.store);
}

}  // namespace
}  // namespace hookledger
