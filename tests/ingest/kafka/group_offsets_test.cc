#include "ingest/kafka/group_offsets.h"

#include "tests/ingest/kafka/topic_family.h"

namespace hookledger::kafka {
namespace {

using testing::TopicFamily;

class GroupOffsetsTest : public ::testing::Test {
 protected:
  std::unique_ptr<GroupOffsets> reader(const std::string& name) {
    return GroupOffsets::make(topics_.cluster(), topics_.names().group + "." + name, topics_.logger()).value();
  }

  TopicFamily topics_{4};
};

TEST_F(GroupOffsetsTest, ProgressIsFoundByWhoeverHasTheName) {
  const auto first = reader("one");
  EXPECT_EQ(first->load({0, 1, 2, 3}).value(), ProgressByPartition());
  ASSERT_TRUE(first->store({{0, {7, "up to noon"}}, {2, {0, ""}}}));
  const ProgressByPartition expected{{0, {7, "up to noon"}}, {2, {0, ""}}};
  EXPECT_EQ(first->load({0, 1, 2, 3}).value(), expected);
  EXPECT_EQ(reader("one")->load({0, 1, 2, 3}).value(), expected) << "by another process";
  EXPECT_EQ(reader("two")->load({0, 1, 2, 3}).value(), ProgressByPartition()) << "by another name";
  EXPECT_EQ(first->load({2}).value(), (ProgressByPartition{{2, {0, ""}}})) << "only what was asked for";
}

TEST_F(GroupOffsetsTest, TheLastOneCountsAndOtherPartitionsStayAsTheyAre) {
  const auto first = reader("one"), second = reader("one");
  ASSERT_TRUE(first->store({{0, {7, "a"}}, {1, {5, "b"}}}));
  ASSERT_TRUE(second->store({{0, {3, "back"}}}));
  EXPECT_EQ(first->load({0, 1}).value(), (ProgressByPartition{{0, {3, "back"}}, {1, {5, "b"}}}));
  EXPECT_TRUE(first->store({}));
}

TEST_F(GroupOffsetsTest, NotesAsLongAsBrokersTakeThem) {
  const auto one = reader("one");
  const std::string longest(GroupOffsets::kNoteBytesMax, 'x');
  ASSERT_TRUE(one->store({{0, {1, longest}}}));
  EXPECT_EQ(one->load({0}).value().at(0).note, longest);
  const auto stored = one->store({{0, {2, longest + "x"}}});
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().code, ErrorCode::kInvalid);
}

TEST_F(GroupOffsetsTest, UnreachableBrokersAreSaid) {
  const auto away =
      GroupOffsets::make({.brokers = "127.0.0.1:1", .topic = "x.events", .properties = {}}, "x", topics_.logger())
          .value();
  const auto loaded = away->load({0});
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, ErrorCode::kUnavailable) << loaded.error().detail;
  const auto stored = away->store({{0, {1, ""}}});
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().code, ErrorCode::kUnavailable) << stored.error().detail;
}

}  // namespace
}  // namespace hookledger::kafka
