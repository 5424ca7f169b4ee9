#include "ingest/kafka/topics.h"

#include <gmock/gmock.h>
#include <sstream>

#include "ingest/kafka/new_topics.h"
#include "tests/support/kafka_brokers.h"

namespace hookledger::kafka {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Topics : public ::testing::Test {
 protected:
  std::vector<std::string> create(const NewTopics& wanted) {
    return create_topics(cluster_, wanted, kTimeout, logger_).value();
  }
  std::vector<TopicState> describe() { return describe_topics(cluster_, kTimeout, logger_).value(); }

  static constexpr seconds kTimeout{20};
  Logger logger_{{}};
  Cluster cluster_{.brokers = testing::test_brokers(), .topic = testing::fresh_topic(), .properties = {}};
  TopicNames names_ = topic_names(cluster_.topic);
};

TEST_F(Topics, AreMadeAsAsked) {
  EXPECT_THAT(create({.partitions = 5, .retention = hours(100), .body_bytes_max = 4'000'000}),
              ElementsAre(names_.events, names_.calls, names_.findings, names_.keys, names_.owners));
  const auto topic = [](TopicRole role, const std::string& name, std::uint32_t partitions, std::uint64_t bytes) {
    return TopicState{.role = role,
                      .name = name,
                      .partitions = partitions,
                      .replication = 3,
                      .min_insync = 2,
                      .compacts = true,
                      .message_bytes_max = bytes};
  };
  const std::uint64_t large = record_bytes_max(4'000'000), usual = 1'048'588;
  TopicState events = topic(TopicRole::kEvents, names_.events, 5, large);
  events.compacts = false;
  events.deletes = true;
  events.retention = hours(100);
  std::vector<TopicState> found = describe();
  for (TopicState& each : found) {
    if (!each.deletes) each.retention.reset();  // The brokers' own, which nothing follows.
  }
  EXPECT_THAT(found, ElementsAre(events, topic(TopicRole::kCalls, names_.calls, 5, large),
                                 topic(TopicRole::kFindings, names_.findings, 5, large),
                                 topic(TopicRole::kKeys, names_.keys, 1, usual),
                                 topic(TopicRole::kOwners, names_.owners, 1, usual)));
}

TEST_F(Topics, HaveNoWeaknessWhenMadeByUs) {
  create({});
  EXPECT_THAT(weaknesses(cluster_, {}, kTimeout, logger_).value(), IsEmpty());
}

TEST_F(Topics, AreKnownToEveryBrokerOnceMade) {
  for (int round = 0; round < 3; ++round) {
    cluster_.topic = testing::fresh_topic();
    create({});
    std::istringstream addresses(testing::test_brokers());
    for (Cluster one = cluster_; std::getline(addresses, one.brokers, ',');) {
      const auto found = describe_topics(one, kTimeout, logger_).value();
      EXPECT_EQ(found.at(0).partitions, 8U) << one.brokers;
      EXPECT_EQ(found.at(1).partitions, 8U) << one.brokers;
    }
  }
}

TEST_F(Topics, KeepTheirEventsForEverUnlessAsked) {
  create({});
  EXPECT_EQ(describe().at(0).retention, std::nullopt);
  EXPECT_EQ(describe().at(0).retention_bytes, std::nullopt);
}

TEST_F(Topics, ThatAreThereStayAsTheyAre) {
  create({.partitions = 2, .replication = 2, .min_insync = 1});
  const auto before = describe();
  EXPECT_THAT(create({.partitions = 4}), IsEmpty());
  EXPECT_EQ(describe(), before);
  const auto found = weaknesses(cluster_, {}, kTimeout, logger_).value();
  ASSERT_THAT(found, ::testing::SizeIs(4));
  EXPECT_EQ(found.at(0).topic, names_.events);
  EXPECT_THAT(found.at(0).what, HasSubstr("min.insync.replicas is 1"));
}

TEST_F(Topics, ThatAreMissingHaveNoPartitions) {
  const auto found = describe();
  ASSERT_EQ(found.size(), 5U);
  for (const TopicState& topic : found) EXPECT_EQ(topic.partitions, 0U);
}

TEST_F(Topics, CannotHaveMoreReplicasThanThereAreBrokers) {
  const auto made = create_topics(cluster_, {.replication = 99}, kTimeout, logger_);
  ASSERT_TRUE(made.has_error());
  EXPECT_EQ(made.error().code, ErrorCode::kUsage);
  EXPECT_THAT(made.error().detail, HasSubstr("eplication factor"));
}

TEST_F(Topics, CannotWantMoreInSyncThanThereAreReplicas) {
  const auto made = create_topics(cluster_, {.replication = 2, .min_insync = 3}, kTimeout, logger_);
  ASSERT_TRUE(made.has_error());
  EXPECT_EQ(made.error().code, ErrorCode::kUsage);
  EXPECT_THAT(describe().at(0).partitions, 0U);
}

TEST_F(Topics, CannotBeAskedOfNobody) {
  cluster_.brokers = "127.0.0.1:1";
  const auto found = describe_topics(cluster_, seconds(1), logger_);
  ASSERT_TRUE(found.has_error());
  EXPECT_EQ(found.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(found.error().detail, HasSubstr("127.0.0.1:1 cannot be reached"));
}

}  // namespace
}  // namespace hookledger::kafka
