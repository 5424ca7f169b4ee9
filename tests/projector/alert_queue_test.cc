#include "projector/alert_queue.h"

#include <gmock/gmock.h>

namespace hookledger {
namespace {

using ::testing::Optional;
using namespace std::chrono_literals;
using Number = AlertQueue::Number;
using Urgency = AlertQueue::Urgency;

constexpr Duration kWindow = 30s;
constexpr AlertQueue::Instant kStart{std::chrono::hours(5)};

class AlertQueueTest : public ::testing::Test {
 protected:
  Number add(const std::string& finding, AlertKind kind = AlertKind::kOpened, Number after = 0,
             const std::string& rule = "no-end", Urgency urgency = Urgency::kFirstAtOnce) {
    return queue_.add({kind, "msg_" + finding, rule, Severity::kWarning, Time(passed_), "{\"id\":\"" + finding + "\"}"},
                      after, urgency, {Time(passed_), now()});
  }
  AlertQueue::Instant now() const { return kStart + passed_; }
  /// Delivers the one that is due.
  AlertMessage deliver() {
    const Number number = queue_.due(now()).value();
    queue_.seal(number, now());
    AlertMessage message = queue_.at(number);
    queue_.remove(number);
    return message;
  }

  AlertQueue queue_{kWindow};
  Duration passed_{};
};

TEST_F(AlertQueueTest, TheFirstGoesOutAtOnceAndFurtherOnesGatherForTheWindow) {
  add("a");
  add("b");
  passed_ += 10s;
  add("c");
  EXPECT_EQ(deliver().id, "msg_a");
  EXPECT_EQ(queue_.due(now()), std::nullopt);
  passed_ = kWindow - 1us;
  EXPECT_EQ(queue_.due(now()), std::nullopt);
  passed_ = kWindow;
  const AlertMessage group = deliver();
  EXPECT_EQ(group.count, 2U);
  EXPECT_EQ(group.first_at, Time(0s));
  EXPECT_EQ(group.last_at, Time(10s));
  EXPECT_EQ(queue_.size(), 0U);
}

TEST_F(AlertQueueTest, AThousandAtAnyPaceMakeOneAWindow) {
  std::size_t messages = 0, findings = 0;
  for (int i = 0; i < 1000; ++i) {
    add(std::to_string(i));
    while (queue_.due(now())) {
      ++messages;
      findings += deliver().count;
    }
    passed_ += 100ms;  // 100 s in all.
  }
  passed_ += kWindow;
  while (queue_.due(now())) {
    ++messages;
    findings += deliver().count;
  }
  EXPECT_EQ(findings, 1000U);
  EXPECT_LE(messages, 1 + 100s / kWindow + 1);
}

TEST_F(AlertQueueTest, AfterAQuietWindowTheNextIsTheFirstAgain) {
  add("a");
  deliver();
  passed_ = kWindow;
  add("b");
  EXPECT_EQ(deliver().id, "msg_b");
}

TEST_F(AlertQueueTest, WhileTheReceiverIsAwayOneMessageOfARuleAndKindGathersAll) {
  for (int hour = 0; hour < 48; ++hour) {
    add("o" + std::to_string(hour));
    add("r" + std::to_string(hour), AlertKind::kResolved);
    passed_ += 1h;
  }
  EXPECT_EQ(queue_.size(), 4U);
  std::size_t findings = 0;
  while (queue_.due(now())) findings += deliver().count;
  EXPECT_EQ(findings, 96U);
}

TEST_F(AlertQueueTest, AGroupOfOneIsAMessageOfOne) {
  add("a");
  deliver();
  add("b");
  passed_ = kWindow;
  const AlertMessage message = deliver();
  EXPECT_EQ(message.id, "msg_b");
  EXPECT_EQ(alert_body(message),
            R"({"type":"finding.opened","timestamp":"1970-01-01T00:00:00.000000Z","data":{"id":"b"}})");
}

TEST_F(AlertQueueTest, AnEndNeverComesBeforeItsBeginning) {
  add("x", AlertKind::kResolved);
  const Number ends = add("y", AlertKind::kResolved);  // Gathers ends, before the beginnings below.
  add("a");
  const Number begins = add("b");
  const Number end = add("b", AlertKind::kResolved, begins);
  EXPECT_NE(end, ends);
  EXPECT_LT(begins, end);
  EXPECT_EQ(add("c", AlertKind::kResolved), end);
  passed_ = kWindow;
  std::vector<AlertKind> kinds;
  while (queue_.due(now())) kinds.push_back(deliver().kind);
  EXPECT_THAT(kinds, ::testing::ElementsAre(AlertKind::kResolved, AlertKind::kResolved, AlertKind::kOpened,
                                            AlertKind::kOpened, AlertKind::kResolved));
}

TEST_F(AlertQueueTest, WhatIsSealedStaysAsItIsAndHoldsUpItsRuleAlone) {
  const Number first = add("a");
  const Number group = add("b");
  add("z", AlertKind::kOpened, 0, "late-event");
  queue_.put_off(first, now() + 1h);
  EXPECT_EQ(deliver().rule, "late-event");
  passed_ = kWindow;
  EXPECT_EQ(queue_.due(now()), std::nullopt);
  queue_.seal(group, now());
  EXPECT_NE(add("c"), group);
  EXPECT_EQ(queue_.at(group).count, 1U);
}

TEST_F(AlertQueueTest, WhatIsOpenAtTheBeginningIsGathered) {
  const Number first = add("a", AlertKind::kOpened, 0, "no-end", Urgency::kGathered);
  EXPECT_EQ(add("b", AlertKind::kOpened, 0, "no-end", Urgency::kGathered), first);
  EXPECT_EQ(queue_.due(now()), std::nullopt);
  passed_ = kWindow;
  EXPECT_THAT(queue_.due(now()), Optional(first));
}

TEST_F(AlertQueueTest, WhatIsRestoredIsDueInItsOrderAndGathersOn) {
  const Number first = add("a"), group = add("b");
  AlertQueue restored(kWindow);
  for (const Number number : {first, group}) {
    restored.restore(number, decode_alert_message(encode_alert_message(queue_.at(number))).value());
  }
  queue_ = std::move(restored);
  EXPECT_EQ(add("c"), group);
  EXPECT_EQ(deliver().id, "msg_a");
  EXPECT_EQ(deliver().count, 2U);
  EXPECT_GT(add("d"), group);
}

}  // namespace
}  // namespace hookledger
