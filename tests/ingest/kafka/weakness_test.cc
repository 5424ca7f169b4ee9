#include "ingest/kafka/weakness.h"

#include <gmock/gmock.h>

namespace hookledger::kafka {
namespace {

using std::chrono::hours;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint64_t kMiB = 1024 * 1024;

TopicState good(TopicRole role) {
  return {.role = role,
          .name = "t",
          .partitions = 8,
          .replication = 3,
          .min_insync = 2,
          .deletes = role == TopicRole::kEvents,
          .compacts = role != TopicRole::kEvents,
          .message_bytes_max = 2 * kMiB};
}

std::vector<std::string> guarantees(const std::vector<TopicState>& topics, const Demands& demands = {}) {
  std::vector<std::string> found;
  for (const Weakness& weakness : find_weaknesses(topics, demands)) {
    EXPECT_THAT(weakness.topic, "t");
    EXPECT_FALSE(weakness.what.empty() || weakness.remedy.empty());
    found.push_back(weakness.guarantees);
  }
  return found;
}

template <class Change>
std::vector<std::string> guarantees_of(TopicRole role, Change change) {
  TopicState topic = good(role);
  change(topic);
  return guarantees({topic});
}

TEST(Weakness, IsNotInGoodTopics) {
  EXPECT_THAT(guarantees({good(TopicRole::kEvents), good(TopicRole::kCalls), good(TopicRole::kFindings),
                          good(TopicRole::kKeys), good(TopicRole::kOwners)}),
              IsEmpty());
}

TEST(Weakness, IsNotSeenInATopicThatIsMissing) {
  EXPECT_THAT(guarantees_of(TopicRole::kEvents, [](TopicState& topic) { topic = {.name = "t"}; }), IsEmpty());
}

TEST(Weakness, IsAReplicaWithoutAnother) {
  const auto alone = [](TopicState& topic) { topic.replication = 1; };
  EXPECT_THAT(guarantees_of(TopicRole::kEvents, alone), ElementsAre("G1, G7"));
  EXPECT_THAT(guarantees_of(TopicRole::kCalls, alone), ElementsAre("G6"));
  EXPECT_THAT(guarantees_of(TopicRole::kKeys, alone), ElementsAre("G8"));
  EXPECT_THAT(guarantees_of(TopicRole::kOwners, alone), IsEmpty());
}

TEST(Weakness, IsAnAcknowledgementByOneReplica) {
  EXPECT_THAT(guarantees_of(TopicRole::kEvents, [](TopicState& topic) { topic.min_insync = 1; }),
              ElementsAre("G1, G7"));
}

TEST(Weakness, IsToWantMoreReplicasThanThereAre) {
  EXPECT_THAT(guarantees_of(TopicRole::kEvents, [](TopicState& topic) { topic.min_insync = 4; }), ElementsAre("G1"));
  EXPECT_THAT(guarantees_of(TopicRole::kEvents, [](TopicState& topic) { topic.min_insync = 3; }), IsEmpty());
}

TEST(Weakness, IsALeaderThatLagged) {
  const auto unclean = [](TopicState& topic) { topic.unclean_election = true; };
  EXPECT_THAT(guarantees_of(TopicRole::kEvents, unclean), ElementsAre("G1, G7"));
  EXPECT_THAT(guarantees_of(TopicRole::kFindings, unclean), ElementsAre("G6"));
}

TEST(Weakness, IsToCompactEvents) {
  EXPECT_THAT(guarantees_of(TopicRole::kEvents, [](TopicState& topic) { topic.compacts = true; }),
              ElementsAre("G5, G8"));
}

TEST(Weakness, IsToDeleteEvents) {
  const auto keep = [](Duration retention) {
    return guarantees_of(TopicRole::kEvents, [&](TopicState& topic) { topic.retention = retention; });
  };
  EXPECT_THAT(keep(hours(72)), ElementsAre("G5, G8"));
  EXPECT_THAT(keep(hours(71)), ElementsAre("G3", "G5, G8"));
  EXPECT_THAT(guarantees_of(TopicRole::kEvents, [](TopicState& topic) { topic.retention_bytes = 1; }),
              ElementsAre("G3, G5, G8"));
  EXPECT_THAT(guarantees_of(TopicRole::kCalls, [](TopicState& topic) { topic.retention = hours(1); }), IsEmpty());
}

TEST(Weakness, IsToRefuseTheLargestRecord) {
  EXPECT_THAT(guarantees_of(TopicRole::kEvents, [](TopicState& topic) { topic.message_bytes_max = kMiB + 12; }),
              ElementsAre("G1"));
  EXPECT_THAT(guarantees({good(TopicRole::kEvents)}, {.body_bytes_max = 2 * kMiB}), ElementsAre("G1"));
}

TEST(Weakness, IsToLoseTheNewestValueOfAKey) {
  const auto deletes = [](TopicState& topic) { topic.deletes = true; };
  const auto grows = [](TopicState& topic) { topic.compacts = false; };
  EXPECT_THAT(guarantees_of(TopicRole::kCalls, deletes), ElementsAre("G6"));
  EXPECT_THAT(guarantees_of(TopicRole::kCalls, grows), ElementsAre("G6"));
  EXPECT_THAT(guarantees_of(TopicRole::kKeys, deletes), ElementsAre("G8"));
}

TEST(Weakness, IsToSpreadCallsOtherThanEvents) {
  TopicState calls = good(TopicRole::kCalls), keys = good(TopicRole::kKeys);
  calls.partitions = 7;
  keys.partitions = 1;
  EXPECT_THAT(guarantees({good(TopicRole::kEvents), calls, keys}), ElementsAre("G6"));
  EXPECT_THAT(guarantees({TopicState{.name = "t"}, calls}), IsEmpty());
}

TEST(Weakness, NamesTheCommandThatEndsIt) {
  TopicState topic = good(TopicRole::kEvents);
  topic.min_insync = 1;
  EXPECT_THAT(find_weaknesses({topic}, {}).at(0).remedy,
              HasSubstr("--entity-name t --add-config min.insync.replicas=2"));
}

}  // namespace
}  // namespace hookledger::kafka
