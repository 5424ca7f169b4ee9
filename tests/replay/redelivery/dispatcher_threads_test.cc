#include <gmock/gmock.h>
#include <set>
#include <sys/eventfd.h>
#include <unistd.h>

#include "replay/redelivery/dispatcher.h"
#include "tests/replay/redelivery/dispatched.h"
#include "tests/support/call_builder.h"
#include "tests/support/manual_clock.h"

namespace hookledger {
namespace {

using testing::eventually;
using testing::hangup_of;
using testing::ManualClock;
using ::testing::UnorderedElementsAre;
using namespace std::chrono_literals;

/// Counts who looks at it.
class WatchedClock : public ManualClock {
 public:
  using ManualClock::ManualClock;
  std::chrono::steady_clock::time_point monotonic() const override {
    ++looks;
    return ManualClock::monotonic();
  }
  mutable std::atomic<unsigned> looks = 0;
};

/// Connections to an application whose answers come when the test lets them.
class Late {
 public:
  std::vector<std::unique_ptr<Endpoint>> connections(std::size_t count, std::chrono::milliseconds timeout) {
    std::vector<std::unique_ptr<Endpoint>> all;
    for (std::size_t i = 0; i < count; ++i) {
      auto made = std::make_unique<Connection>(*this, timeout);
      connections_.push_back(made.get());
      all.push_back(std::move(made));
    }
    return all;
  }
  /// Offsets of requests without an answer.
  std::vector<std::uint64_t> asked() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::uint64_t> offsets;
    for (const Connection* each : connections_) {
      if (each->offset) offsets.push_back(*each->offset);
    }
    return offsets;
  }
  std::size_t threads() const {
    const std::lock_guard lock(mutex_);
    return threads_.size();
  }
  void answer(std::uint64_t offset) {
    const std::lock_guard lock(mutex_);
    for (Connection* each : connections_) {
      if (each->offset != offset) continue;
      const std::uint64_t once = 1;
      each->answered = true;
      ASSERT_EQ(::write(each->event, &once, sizeof once), sizeof once);
    }
  }

 private:
  struct Connection : Endpoint {
    Connection(Late& of, std::chrono::milliseconds its_timeout) : late(of), timeout(its_timeout) {}
    ~Connection() override { ::close(event); }

    std::optional<ReceiverAnswer> begin(const OutboundRequest& request, std::stop_token) override {
      const std::lock_guard lock(late.mutex_);
      late.threads_.insert(std::this_thread::get_id());
      const auto header =
          std::ranges::find(request.headers, "hookledger-offset", &std::pair<std::string_view, std::string>::first);
      offset = std::stoull(header->second);
      until = std::chrono::steady_clock::now() + timeout;
      return std::nullopt;
    }
    int file() const override { return event; }
    std::chrono::steady_clock::time_point deadline() const override { return until; }
    std::optional<ReceiverAnswer> finish() override {
      const std::lock_guard lock(late.mutex_);
      const bool is_late = std::chrono::steady_clock::now() >= until;
      if (!answered && !is_late) return std::nullopt;
      std::uint64_t count = 0;
      offset.reset();
      if (!std::exchange(answered, false)) return ReceiverAnswer{.failure = "late"};
      EXPECT_EQ(::read(event, &count, sizeof count), sizeof count);
      return ReceiverAnswer{.status = 200};
    }

    Late& late;
    const std::chrono::milliseconds timeout;
    const int event = ::eventfd(0, EFD_CLOEXEC);
    std::chrono::steady_clock::time_point until;
    std::optional<std::uint64_t> offset;
    bool answered = false;
  };

  mutable std::mutex mutex_;
  std::vector<Connection*> connections_;
  std::set<std::thread::id> threads_;  ///< That asked.
};

class DispatcherThreadsTest : public ::testing::Test, protected DeliveryObserver {
 protected:
  void open(std::size_t connections, std::size_t per_thread, std::chrono::milliseconds timeout = 1h) {
    const auto load = [](Place) -> Result<std::string> { return Error{ErrorCode::kNotFound, "gone"}; };
    dispatcher_.emplace(Dispatcher::Options{.endpoints_per_thread = per_thread}, Dispatcher::Parts{clock_, *this, load},
                        late_.connections(connections, timeout));
  }
  void add(std::uint64_t offset, const std::string& key) {
    dispatcher_->add({{0, offset}, key, hangup_of(key), Urgency::kUsual, 0});
  }
  bool asked_for(std::vector<std::uint64_t> offsets) {
    return eventually([&] { return ::testing::Matches(::testing::UnorderedElementsAreArray(offsets))(late_.asked()); });
  }

  void attempted(AttemptOutcome outcome, const ReceiverAnswer&) override {
    if (outcome == AttemptOutcome::kFailed) ++failed_;
  }
  void finished(const DeliveryResult& result) override {
    if (result.delivery == Delivery::kDelivered) ++delivered_;
  }

  std::atomic<unsigned> delivered_ = 0, failed_ = 0;
  WatchedClock clock_{testing::kStart};
  Late late_;
  std::optional<Dispatcher> dispatcher_;
};

TEST_F(DispatcherThreadsTest, OneThreadWaitsForSeveralAnswersAndGoesOnWithWhicheverComes) {
  open(3, 3);
  add(0, "a");
  ASSERT_TRUE(asked_for({0}));
  add(1, "b");
  ASSERT_TRUE(asked_for({0, 1})) << "it waits for an answer, and has a connection that is free";
  add(2, "c");
  add(3, "d");
  add(4, "b");
  ASSERT_TRUE(asked_for({0, 1, 2}));
  late_.answer(1);
  ASSERT_TRUE(asked_for({0, 2, 3}));
  late_.answer(2);
  ASSERT_TRUE(asked_for({0, 3, 4})) << "the next of its call";
  for (const std::uint64_t offset : {3, 4, 0}) late_.answer(offset);
  EXPECT_TRUE(dispatcher_->wait_until_empty(30s));
  EXPECT_EQ(delivered_, 5U);
  EXPECT_EQ(late_.threads(), 1U);
}

TEST_F(DispatcherThreadsTest, ThreadsShareTheEndpoints) {
  open(5, 2);
  for (std::uint64_t offset = 0; offset < 7; ++offset) add(offset, std::to_string(offset));
  ASSERT_TRUE(asked_for({0, 1, 2, 3, 4}));
  for (std::uint64_t offset = 0; offset < 5; ++offset) late_.answer(offset);
  ASSERT_TRUE(asked_for({5, 6}));
  for (const std::uint64_t offset : {5, 6}) late_.answer(offset);
  EXPECT_TRUE(dispatcher_->wait_until_empty(30s));
  EXPECT_EQ(delivered_, 7U);
  EXPECT_LE(late_.threads(), 3U);
}

TEST_F(DispatcherThreadsTest, ThreadsThatMayBeginNothingSleep) {
  open(4, 1, 1ms);
  for (std::uint64_t offset = 0; offset < 20; ++offset) add(offset, std::to_string(offset));
  ASSERT_TRUE(eventually([&] { return dispatcher_->health().breaker == CircuitBreaker::State::kOpen; }));
  std::this_thread::sleep_for(50ms);
  const unsigned before = clock_.looks;
  std::this_thread::sleep_for(500ms);
  EXPECT_LT(clock_.looks - before, 100U) << "each of four some times a second";
}

TEST_F(DispatcherThreadsTest, AnAnswerThatDoesNotComeInTimeIsNone) {
  open(2, 2, 50ms);
  add(0, "a");
  ASSERT_TRUE(eventually([&] { return failed_ == 1; }));
  add(1, "b");
  EXPECT_TRUE(eventually([&] { return failed_ == 2; }));
  EXPECT_EQ(delivered_, 0U);
}

TEST_F(DispatcherThreadsTest, APauseWaitsForWhatIsUnderWay) {
  open(2, 2);
  add(0, "a");
  ASSERT_TRUE(asked_for({0}));
  EXPECT_FALSE(dispatcher_->pause(50ms));
  late_.answer(0);
  EXPECT_TRUE(dispatcher_->pause(30s));
  add(1, "b");
  std::this_thread::sleep_for(100ms);
  EXPECT_THAT(late_.asked(), UnorderedElementsAre());
  dispatcher_->go_on();
  EXPECT_TRUE(asked_for({1}));
}

TEST_F(DispatcherThreadsTest, ItsEndWaitsForNoAnswer) {
  open(2, 2);
  for (std::uint64_t offset = 0; offset < 2; ++offset) add(offset, std::to_string(offset));
  ASSERT_TRUE(asked_for({0, 1}));
  const auto began = std::chrono::steady_clock::now();
  dispatcher_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - began, 20s);
  EXPECT_EQ(delivered_ + failed_, 0U) << "what was interrupted is not told";
}

}  // namespace
}  // namespace hookledger
