#include "ingest/kafka/transactions.h"

#include <csignal>
#include <gmock/gmock.h>
#include <sys/wait.h>

#include "tests/ingest/kafka/group_member.h"

namespace hookledger::kafka {
namespace {

using testing::becomes_true;
using ::testing::ElementsAre;
using testing::GroupMember;
using testing::TopicFamily;
using namespace std::chrono_literals;

constexpr std::uint32_t kPartitions = 4;

/// A member with all partitions, and its transactions.
struct Process {
  Process(const TopicFamily& topics, const std::string& instance)
      : member(topics, instance), transactions(topics.cluster(), member.group(), instance, topics.logger()) {}

  bool has_all() const {
    return becomes_true([&] { return member.count() == kPartitions; });
  }

  GroupMember member;
  Transactions transactions;
};

class TransactionsTest : public ::testing::Test {
 protected:
  std::vector<std::string> calls() {
    std::vector<std::string> values;
    for (const auto& message : topics_.read(topics_.names().calls, kPartitions)) {
      values.push_back(message.key + "=" + message.value.value_or("(gone)"));
    }
    return values;
  }

  TopicFamily topics_{kPartitions};
};

TEST_F(TransactionsTest, MessagesAndProgressComeTogetherOrNotAtAll) {
  Process process(topics_, "a");
  ASSERT_TRUE(process.has_all());
  const std::string& topic = topics_.names().calls;
  Transactions& transactions = process.transactions;
  ASSERT_TRUE(transactions.begin());
  ASSERT_TRUE(transactions.send(topic, 1, "k", "1"));
  ASSERT_TRUE(transactions.commit({{1, {7, "note\0x"}}, {3, {9, ""}}}));
  EXPECT_THAT(calls(), ElementsAre("k=1"));

  ASSERT_TRUE(transactions.begin());
  ASSERT_TRUE(transactions.send(topic, 1, "k", "2"));
  transactions.abort();
  EXPECT_THAT(calls(), ElementsAre("k=1")) << "what was aborted is invisible";
  const ConsumerGroup& group = process.member.group();
  EXPECT_EQ(group.committed(1).value()->offset, 7U);
  EXPECT_EQ(group.committed(1).value()->note, "note");
  EXPECT_EQ(group.committed(3).value()->offset, 9U);
  EXPECT_FALSE(group.committed(0).value());

  ASSERT_TRUE(transactions.begin());
  ASSERT_TRUE(transactions.send(topic, 1, "k", std::nullopt));
  ASSERT_TRUE(transactions.commit({{1, {8, "later"}}}));
  EXPECT_THAT(calls(), ElementsAre("k=1", "k=(gone)"));
  EXPECT_EQ(group.committed(1).value()->offset, 8U);
}

TEST_F(TransactionsTest, AMessageThatIsTooLargeSpoilsNothing) {
  Process process(topics_, "a");
  ASSERT_TRUE(process.has_all());
  ASSERT_TRUE(process.transactions.begin());
  const auto sent = process.transactions.send(topics_.names().calls, 0, "large", std::string(2 << 20, 'x'));
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, ErrorCode::kInvalid);
  ASSERT_TRUE(process.transactions.send(topics_.names().calls, 0, "small", "x"));
  ASSERT_TRUE(process.transactions.commit({{0, {1, ""}}}));
  EXPECT_THAT(calls(), ElementsAre("small=x"));
}

TEST_F(TransactionsTest, AnEarlierProcessOfTheInstanceIsEnded) {
  Process process(topics_, "a");
  ASSERT_TRUE(process.has_all());
  ASSERT_TRUE(process.transactions.begin());
  ASSERT_TRUE(process.transactions.send(topics_.names().calls, 0, "k", "old"));
  Transactions second(topics_.cluster(), process.member.group(), "a", topics_.logger());
  ASSERT_TRUE(second.begin());
  ASSERT_TRUE(second.send(topics_.names().calls, 0, "k", "new"));
  ASSERT_TRUE(second.commit({{0, {2, ""}}}));
  const auto committed = process.transactions.commit({{0, {1, ""}}});
  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().code, ErrorCode::kInUse) << committed.error().detail;
  process.transactions.abort();
  EXPECT_THAT(calls(), ElementsAre("k=new"));
  EXPECT_EQ(process.member.group().committed(0).value()->offset, 2U);
  ASSERT_TRUE(process.transactions.begin()) << "with a new producer";
}

/// What the process that falls asleep answers.
enum Answer : int { kCommitted = 10, kRefused = 11, kBroken = 12 };

/// Begins a transaction, says so, waits until told, and tries to commit.
int sleeper(const TopicFamily& topics, int say, int hear) {
  Process process(topics, "asleep");
  if (!process.has_all() || !process.transactions.begin() ||
      !process.transactions.send(topics.names().calls, 0, "k", "old")) {
    return kBroken;
  }
  char byte = 'x';
  if (::write(say, &byte, 1) != 1 || ::read(hear, &byte, 1) != 1) return kBroken;
  return process.transactions.commit({{0, {1, "old"}}}) ? kCommitted : kRefused;
}

TEST_F(TransactionsTest, AProcessThatSleptWhileItsPartitionsWentToAnotherCannotCommit) {
  int said[2], told[2];
  ASSERT_EQ(::pipe(said) + ::pipe(told), 0);
  const pid_t child = ::fork();
  if (child == 0) ::_exit(sleeper(topics_, said[1], told[0]));
  char byte = 0;
  ASSERT_EQ(::read(said[0], &byte, 1), 1);
  ::kill(child, SIGSTOP);

  Process awake(topics_, "awake");
  ASSERT_TRUE(awake.has_all());
  EXPECT_FALSE(awake.member.group().committed(0).value());
  ASSERT_TRUE(awake.transactions.begin());
  ASSERT_TRUE(awake.transactions.send(topics_.names().calls, 0, "k", "new"));
  ASSERT_TRUE(awake.transactions.commit({{0, {2, "new"}}}));

  ASSERT_EQ(::write(told[1], &byte, 1), 1);
  ::kill(child, SIGCONT);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), kRefused);
  for (const int file : {said[0], said[1], told[0], told[1]}) ::close(file);
  EXPECT_EQ(awake.member.group().committed(0).value()->offset, 2U);
  // A reader that only takes what is committed may have to wait until the brokers give up the sleeper's transaction.
  EXPECT_THAT(calls(), ElementsAre("k=new"));
}

TEST_F(TransactionsTest, UnreachableBrokersAreSaid) {
  Process process(topics_, "a");
  ASSERT_TRUE(process.has_all());
  Transactions away({.brokers = "127.0.0.1:1", .topic = "x.events", .properties = {}}, process.member.group(), "a",
                    topics_.logger());
  const auto begun = away.begin();
  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace hookledger::kafka
