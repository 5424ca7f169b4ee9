#include "ingest/kafka/owner_directory.h"

#include <gmock/gmock.h>

#include "tests/ingest/kafka/topic_family.h"

namespace hookledger::kafka {
namespace {

using testing::becomes_true;
using ::testing::HasSubstr;
using ::testing::Optional;
using ::testing::StartsWith;
using testing::TopicFamily;
using namespace std::chrono_literals;

class OwnerDirectoryTest : public ::testing::Test {
 protected:
  std::unique_ptr<OwnerDirectory> open(const std::string& instance) {
    auto directory = OwnerDirectory::open({.cluster = topics_.cluster(),
                                           .partitions = topics_.partitions(),
                                           .instance = instance,
                                           .url = "http://" + instance},
                                          topics_.logger())
                         .value();
    EXPECT_TRUE(becomes_true([&] { return !directory->not_ready(); }));
    return directory;
  }

  static bool soon(const OwnerDirectory& directory, std::uint32_t partition, const std::optional<std::string>& url) {
    return becomes_true([&] { return directory.url_of(partition) == url; }, 10s);
  }

  void say(const PartitionOwner& owner) {
    topics_.write(topics_.names().owners, std::to_string(owner.partition), to_json(owner));
  }

  std::optional<PartitionOwner> last_word(std::uint32_t partition) {
    return parse_partition_owner(*topics_.latest(topics_.names().owners, 1).at(std::to_string(partition)).value);
  }

  TopicFamily topics_;
};

TEST_F(OwnerDirectoryTest, EverybodyKnowsWhatIsClaimedAndReleased) {
  const auto a = open("a"), b = open("b");
  ASSERT_TRUE(a->claim({0, 2}));
  ASSERT_TRUE(b->claim({1}));
  for (const auto* directory : {a.get(), b.get()}) {
    EXPECT_TRUE(soon(*directory, 0, "http://a"));
    EXPECT_TRUE(soon(*directory, 1, "http://b"));
    EXPECT_TRUE(soon(*directory, 2, "http://a"));
    EXPECT_EQ(directory->url_of(3), std::nullopt);
  }
  ASSERT_TRUE(a->release({0}));
  EXPECT_TRUE(soon(*b, 0, std::nullopt));
  EXPECT_THAT(b->url_of(2), Optional(std::string("http://a")));
}

TEST_F(OwnerDirectoryTest, WhoComesLaterKnowsItOnceItIsReady) {
  ASSERT_TRUE(open("a")->claim({0, 1}));
  ASSERT_TRUE(open("b")->claim({1}));
  const auto c = open("c");
  EXPECT_EQ(c->url_of(0), "http://a");
  EXPECT_EQ(c->url_of(1), "http://b");
}

TEST_F(OwnerDirectoryTest, ALateReleaseTakesNothingAway) {
  const auto b = open("b");
  say({0, "http://a", "a"});
  ASSERT_TRUE(b->claim({0}));
  say({0, std::nullopt, "a"});
  say({3, "http://a", "a"});
  ASSERT_TRUE(soon(*b, 3, "http://a"));
  EXPECT_EQ(b->url_of(0), "http://b");
  EXPECT_EQ(open("c")->url_of(0), "http://b");
}

TEST_F(OwnerDirectoryTest, ALateClaimIsAnsweredByTheHolder) {
  const auto b = open("b");
  ASSERT_TRUE(b->claim({0}));
  ASSERT_TRUE(soon(*b, 0, "http://b"));
  for (const PartitionOwner& late : {PartitionOwner{0, "http://asleep", "asleep"}, {0, std::nullopt, "b"}}) {
    say(late);
    EXPECT_TRUE(becomes_true([&] { return last_word(0) == PartitionOwner{0, "http://b", "b"}; }, 10s));
    EXPECT_TRUE(soon(*b, 0, "http://b"));
  }
}

TEST_F(OwnerDirectoryTest, WhatIsNotOursIsIgnored) {
  const auto a = open("a");
  ASSERT_TRUE(a->claim({0}));
  const std::string owners = topics_.names().owners;
  for (const std::string& value :
       {std::string(), std::string("{}"), std::string("null"), std::string("[1]"), std::string("\xff\0{", 3),
        std::string(5000, '['), std::string(R"({"partition":0,"url":7,"instance":"x"})"),
        std::string(R"({"partition":-1,"url":"u","instance":"x"})"),
        std::string(R"({"partition":99999999999999999999,"url":"u","instance":"x"})"),
        std::string(R"({"partition":0,"url":"http://x"})")}) {
    topics_.write(owners, "0", value);
  }
  topics_.write(owners, "1", to_json({0, "http://x", "x"}));
  topics_.write(owners, "4", to_json({4, "http://x", "x"}));
  say({1, "http://b", "b"});
  ASSERT_TRUE(soon(*a, 1, "http://b"));
  EXPECT_EQ(a->url_of(0), "http://a");
  EXPECT_EQ(a->url_of(4), std::nullopt);
}

TEST_F(OwnerDirectoryTest, UnreachableBrokersAreSaid) {
  auto directory = OwnerDirectory::open({.cluster = {.brokers = "127.0.0.1:1", .topic = "x.events", .properties = {}},
                                         .partitions = 1,
                                         .instance = "a",
                                         .url = "http://a"},
                                        topics_.logger())
                       .value();
  const auto claimed = directory->claim({0});
  ASSERT_FALSE(claimed);
  EXPECT_EQ(claimed.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(claimed.error().detail, HasSubstr("127.0.0.1:1"));
  EXPECT_THAT(directory->not_ready().value_or(""), StartsWith("topic x.owners is not read yet: "));
}

}  // namespace
}  // namespace hookledger::kafka
