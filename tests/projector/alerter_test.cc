#include "projector/alerter.h"

#include <gmock/gmock.h>

#include "projector/projection.h"
#include "projector/rules/built_in_rules.h"
#include "tests/projector/live_log.h"

namespace hookledger {
namespace {

using testing::HistoryEvent;
using testing::kStart;
using namespace std::chrono_literals;

/// Answers as it is told, or hangs. Threads: any.
class Receiver : public AlertReceiver {
 public:
  ReceiverAnswer tell(const std::string& id, const std::string&, std::stop_token stop) override {
    std::unique_lock lock(mutex_);
    ids_.push_back(id);
    changed_.notify_all();
    changed_.wait(lock, stop, [&] { return !hanging_; });
    return answer_;
  }
  void answer(ReceiverAnswer answer) {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(answer);
  }
  void hang(bool hanging) {
    const std::lock_guard lock(mutex_);
    hanging_ = hanging;
    changed_.notify_all();
  }
  /// The ids of its attempts, once there are so many; fewer after 30 s.
  std::vector<std::string> asked(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::stop_token(), 30s, [&] { return ids_.size() >= count; });
    return ids_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<std::string> ids_;
  ReceiverAnswer answer_{.status = 200};
  bool hanging_ = false;
};

class AlerterTest : public ::testing::Test {
 protected:
  AlerterTest() { open(); }

  void open() {
    projection_ = Projection::open({.data_dir = log_.folder() / "data", .partitions = {}, .threads = 1},
                                   {*log_, *rules_, log_.clock(), log_.logger()})
                      .value();
    alerter_.emplace(Alerter::Options{.alert = "ops", .window = 1s, .seed = 1},
                     Alerter::Parts{receiver_, *log_, *rules_, log_.clock(), log_.logger(), metrics_});
    alerter_->add(0, {projection_->store(), projection_->partitions(), log_.folder() / "book"});
  }
  void close() {
    alerter_.reset();
    projection_.reset();
  }
  /// A call that has rung for two minutes.
  void ring(const std::string& call) {
    log_.append({HistoryEvent{.id = call,
                              .type = "call.initiated",
                              .call = call,
                              .leg = "leg-" + call,
                              .occurred_at = log_.clock().wall() - 2min,
                              .received_at = log_.clock().wall()}});
  }
  /// False when the figures do not say it after 30 s.
  bool measured(const std::string& line) {
    for (int i = 0; i < 600; ++i) {
      if (metrics_.text().find(line) != std::string::npos) return true;
      std::this_thread::sleep_for(50ms);
    }
    return false;
  }
  /// A call rings, the book knows, and its window is over.
  void ring_and_wait(const std::string& call) {
    ring(call);
    ASSERT_TRUE(measured("hookledger_alerts_waiting{alert=\"ops\"} 1"));
    log_.clock().advance(2s);
  }
  /// Time goes by, in which it would do what it should not.
  void pass(Duration time) {
    log_.clock().advance(time);
    std::this_thread::sleep_for(400ms);
  }

  testing::LiveLog log_{2};
  Metrics metrics_;
  std::unique_ptr<RuleSet> rules_ = built_in_rules();
  Receiver receiver_;
  std::unique_ptr<Projection> projection_;
  std::optional<Alerter> alerter_;
};

TEST_F(AlerterTest, ToldAgainUnderTheSameIdUntilItIsTaken) {
  receiver_.answer({.status = 500});
  ring_and_wait("call");
  const auto first = receiver_.asked(1);
  ASSERT_FALSE(first.empty());
  EXPECT_TRUE(measured("hookledger_alerts_total{alert=\"ops\",outcome=\"failed\"} 1"));
  pass(10ms);
  EXPECT_EQ(receiver_.asked(0).size(), first.size()) << "too soon";
  receiver_.answer({.status = 200});
  log_.clock().advance(10min);
  const auto again = receiver_.asked(first.size() + 1);
  EXPECT_EQ(again.back(), first.back());
}

TEST_F(AlerterTest, AReceiverThatHangsHoldsUpNeitherRemovalNorEnd) {
  receiver_.hang(true);
  ring_and_wait("call");
  ASSERT_FALSE(receiver_.asked(1).empty());
  const auto began = std::chrono::steady_clock::now();
  alerter_->remove(0);
  projection_.reset();
  alerter_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - began, 20s);
  receiver_.hang(false);
  open();
  EXPECT_EQ(receiver_.asked(2).size(), 2U) << "what it did not answer is told again";
}

TEST_F(AlerterTest, AfterARestartWhatWasTakenIsNotToldAgain) {
  ring_and_wait("call");
  EXPECT_EQ(receiver_.asked(1).size(), 1U);
  EXPECT_TRUE(measured("hookledger_alerts_waiting{alert=\"ops\"} 0"));
  for (int i = 0; i < 3; ++i) {
    close();
    open();
    pass(2s);
  }
  EXPECT_EQ(receiver_.asked(0).size(), 1U);
}

TEST_F(AlerterTest, WhoWantsNoMoreIsLeftAloneUntilARestart) {
  receiver_.answer({.status = 410});
  ring_and_wait("call");
  ASSERT_EQ(receiver_.asked(1).size(), 1U);
  EXPECT_TRUE(measured("hookledger_alert_disabled{alert=\"ops\"} 1"));
  ring("other");
  for (int i = 0; i < 3; ++i) pass(1h);
  EXPECT_EQ(receiver_.asked(0).size(), 1U);
  receiver_.answer({.status = 200});
  close();
  open();
  EXPECT_GE(receiver_.asked(2).size(), 2U);
}

}  // namespace
}  // namespace hookledger
