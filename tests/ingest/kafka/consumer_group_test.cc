#include "ingest/kafka/consumer_group.h"

#include <gmock/gmock.h>
#include <set>

#include "tests/ingest/kafka/topic_family.h"

namespace hookledger::kafka {
namespace {

using testing::becomes_true;
using ::testing::HasSubstr;
using testing::TopicFamily;
using namespace std::chrono_literals;

constexpr std::uint32_t kPartitions = 8;
/// The shortest that brokers take.
constexpr auto kSessionTimeout = 6s;

/// Who has what, as all members of one test say it; a partition that two have at once is a failure.
class Owners {
 public:
  void add(const std::string& instance, const std::vector<std::uint32_t>& partitions) {
    const std::lock_guard lock(mutex_);
    ++changes_;
    for (const std::uint32_t partition : partitions) {
      const auto [at, is_first] = owners_.emplace(partition, instance);
      EXPECT_TRUE(is_first) << instance << " gets partition " << partition << ", which " << at->second << " has";
    }
  }
  void remove(const std::string& instance, const std::vector<std::uint32_t>& partitions) {
    const std::lock_guard lock(mutex_);
    ++changes_;
    for (const std::uint32_t partition : partitions) {
      EXPECT_EQ(owners_[partition], instance);
      owners_.erase(partition);
    }
  }
  std::set<std::uint32_t> of(const std::string& instance) const {
    const std::lock_guard lock(mutex_);
    std::set<std::uint32_t> partitions;
    for (const auto& [partition, owner] : owners_) {
      if (owner == instance) partitions.insert(partition);
    }
    return partitions;
  }
  std::size_t changes() const {
    const std::lock_guard lock(mutex_);
    return changes_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::uint32_t, std::string> owners_;
  std::size_t changes_ = 0;
};

class Member : public PartitionObserver {
 public:
  Member(const Cluster& cluster, Logger& logger, Owners& owners, std::string instance)
      : owners_(owners),
        instance_(std::move(instance)),
        group(ConsumerGroup::join({.cluster = cluster, .instance = instance_, .session_timeout = kSessionTimeout},
                                  *this, logger)
                  .value()) {}

  void assigned(const std::vector<std::uint32_t>& partitions) override { owners_.add(instance_, partitions); }
  void revoked(const std::vector<std::uint32_t>& partitions) override {
    std::this_thread::sleep_for(50ms);  // Letting go takes time, in which it is still the owner.
    owners_.remove(instance_, partitions);
  }
  std::size_t count() const { return owners_.of(instance_).size(); }

 private:
  Owners& owners_;
  std::string instance_;

 public:
  const std::unique_ptr<ConsumerGroup> group;
};

class ConsumerGroupTest : public ::testing::Test {
 protected:
  std::unique_ptr<Member> join(const std::string& instance) {
    return std::make_unique<Member>(topics_.cluster(), topics_.logger(), owners_, instance);
  }

  TopicFamily topics_{kPartitions};
  Owners owners_;
};

TEST_F(ConsumerGroupTest, MembersShareThePartitionsWhoeverComesAndGoes) {
  const auto a = join("a");
  EXPECT_TRUE(a->group->not_ready());
  ASSERT_TRUE(becomes_true([&] { return a->count() == kPartitions; }));
  EXPECT_EQ(a->group->not_ready(), std::nullopt);
  const auto kept = join("b");
  ASSERT_TRUE(becomes_true([&] { return a->count() == 4 && kept->count() == 4; }));
  auto c = join("c");
  ASSERT_TRUE(becomes_true([&] { return a->count() <= 3 && kept->count() <= 3 && c->count() >= 2; }));
  c.reset();
  ASSERT_TRUE(becomes_true([&] { return a->count() + kept->count() == kPartitions; }, 2 * kSessionTimeout));
  EXPECT_EQ(kept->group->not_ready(), std::nullopt);
}

TEST_F(ConsumerGroupTest, ARestartedMemberFindsItsPartitionsAndNobodyElseNotices) {
  const auto a = join("a");
  auto b = join("b");
  ASSERT_TRUE(becomes_true([&] { return a->count() == 4 && b->count() == 4; }));
  const auto of_a = owners_.of("a"), of_b = owners_.of("b");
  b.reset();
  EXPECT_EQ(owners_.of("b").size(), 0U);
  const std::size_t changes = owners_.changes();
  b = join("b");
  ASSERT_TRUE(becomes_true([&] { return b->count() == 4; }, kSessionTimeout));
  std::this_thread::sleep_for(1s);
  EXPECT_EQ(owners_.of("a"), of_a);
  EXPECT_EQ(owners_.of("b"), of_b);
  EXPECT_EQ(owners_.changes(), changes + 1);
}

TEST_F(ConsumerGroupTest, ThePartitionsOfAMemberThatStaysAwayGoToOthers) {
  const auto a = join("a");
  auto b = join("b");
  ASSERT_TRUE(becomes_true([&] { return a->count() == 4 && b->count() == 4; }));
  b.reset();
  EXPECT_TRUE(becomes_true([&] { return a->count() == kPartitions; }, 2 * kSessionTimeout));
}

TEST_F(ConsumerGroupTest, TwoWithOneInstanceAreToldApart) {
  const auto first = join("a");
  ASSERT_TRUE(becomes_true([&] { return first->count() == kPartitions; }));
  Owners others;  // The first learns of the second only when it next asks the brokers.
  Member second(topics_.cluster(), topics_.logger(), others, "a");
  ASSERT_TRUE(becomes_true([&] { return second.count() == kPartitions; }));
  ASSERT_TRUE(becomes_true([&] { return first->count() == 0; }));
  EXPECT_THAT(first->group->not_ready().value_or(""), HasSubstr("give each process its own --instance"));
  EXPECT_EQ(second.group->not_ready(), std::nullopt);
}

TEST_F(ConsumerGroupTest, NothingIsCommittedUntilSomebodyDoes) {
  const auto a = join("a");
  ASSERT_TRUE(becomes_true([&] { return a->count() == kPartitions; }));
  EXPECT_FALSE(a->group->committed(3).value());
}

TEST_F(ConsumerGroupTest, UnreachableBrokersAreSaid) {
  const Member alone({.brokers = "127.0.0.1:1", .topic = "x.events", .properties = {}}, topics_.logger(), owners_, "a");
  EXPECT_TRUE(becomes_true([&] { return alone.group->not_ready().value_or("").find("refused") != std::string::npos; }));
  EXPECT_EQ(alone.group->committed(0).error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace hookledger::kafka
