#include "replay/redelivery/subscription_feed.h"

#include <atomic>
#include <gmock/gmock.h>
#include <map>
#include <set>

#include "projector/projection.h"
#include "projector/rules/built_in_rules.h"
#include "tests/projector/live_log.h"

namespace hookledger {
namespace {

using testing::HistoryEvent;
using testing::kStart;
using namespace std::chrono_literals;

/// A log of which some partitions cannot be asked for anything.
class PartlyAway : public LogReader {
 public:
  explicit PartlyAway(const LogReader& log) : log_(log) {}
  std::set<std::uint32_t> away;
  bool readable = true;
  bool first_known = true;

  std::uint32_t partitions() const override { return log_.partitions(); }
  std::uint64_t first(std::uint32_t partition) const override {
    return first_known ? log_.first(partition) : end(partition);
  }
  std::uint64_t end(std::uint32_t partition) const override { return log_.end(partition); }
  Result<std::uint64_t> ask_end(std::uint32_t partition, std::chrono::milliseconds) const override {
    if (away.contains(partition)) return Error{ErrorCode::kUnavailable, "partition " + std::to_string(partition)};
    return log_.end(partition);
  }
  Result<StoredRecord> read(Place place) const override {
    if (!readable) return Error{ErrorCode::kUnavailable, "no broker"};
    return log_.read(place);
  }
  std::unique_ptr<LogCursor> scan(std::uint32_t partition, std::uint64_t from) const override {
    return log_.scan(partition, from);
  }
  std::optional<Ed25519Key> find_key(std::string_view key_id) const override { return log_.find_key(key_id); }

 private:
  const LogReader& log_;
};

struct Disk {
  bool full = false;
  bool flushed = true;
};

/// A book on a disk that may be full.
class OnDisk : public KeyValue {
 public:
  OnDisk(std::unique_ptr<KeyValue> bytes, Disk& disk) : bytes_(std::move(bytes)), disk_(disk) {}
  Result<bool> get(std::string_view key, std::string& value) const override { return bytes_->get(key, value); }
  std::unique_ptr<Scan> scan(std::string_view first, std::string_view last) const override {
    return bytes_->scan(first, last);
  }
  Result<void> write(Writes& writes) override {
    if (disk_.full) return Error{ErrorCode::kUnavailable, "the disk is full"};
    disk_.flushed = false;
    return bytes_->write(writes);
  }
  Result<void> flush() override {
    if (disk_.full) return Error{ErrorCode::kUnavailable, "the disk is full"};
    disk_.flushed = true;
    return bytes_->flush();
  }

 private:
  const std::unique_ptr<KeyValue> bytes_;
  Disk& disk_;
};

/// What became of records, in the order in which it did.
class Results : public DeliveryObserver {
 public:
  void attempted(AlertOutcome, const EndpointAnswer&) override {}
  void finished(const DeliveryResult& result) override { all.push_back(result); }
  std::vector<DeliveryResult> all;
};

/// Takes what it is sent while it is well.
class Taking : public Endpoint {
 public:
  explicit Taking(const std::atomic<bool>& well) : well_(well) {}
  std::optional<EndpointAnswer> begin(const OutboundRequest&, std::stop_token) override {
    return EndpointAnswer{.status = well_ ? 200U : 503U};
  }

 private:
  const std::atomic<bool>& well_;
};

class SubscriptionFeedTest : public ::testing::Test {
 protected:
  ~SubscriptionFeedTest() override {
    if (feed_) feed_->close();
  }
  /// What is handed on waits until `deliver`. `room`: of each lane.
  void open(SubscriptionFeed::Options options, std::size_t room = 1'000) {
    projection_ = Projection::open({.data_dir = log_.folder() / "data", .partitions = {}, .threads = 1},
                                   {*log_, *rules_, log_.clock(), log_.logger()})
                      .value();
    const auto load = [this](Place place) -> Result<std::string> { return log_->read(place).value().bytes; };
    std::vector<std::unique_ptr<Endpoint>> endpoints;
    endpoints.push_back(std::make_unique<Taking>(well_));
    Dispatcher::Options dispatch;
    dispatch.ready_max = {room, room};
    dispatcher_.emplace(dispatch, Dispatcher::Parts{log_.clock(), results_, load}, std::move(endpoints));
    dispatcher_->pause(0ms);
    options.live_max = options.backlog_max = room;
    auto book = SubscriptionBook::open(
        std::make_unique<OnDisk>(open_key_value(log_.folder() / "book", KeyValueUse::kJournaled).value(), disk_));
    feed_ = SubscriptionFeed::open(options, {reader_, projection_->store(), *dispatcher_, log_.clock()}, {0, 1},
                                   std::move(book.value()), {})
                .value();
  }
  /// Of calls of their own.
  void append(int records) {
    for (int i = 0; i < records; ++i) append("call-" + std::to_string(next_id_), 1);
  }
  void append(const std::string& call, int records) {
    std::vector<HistoryEvent> history;
    for (int i = 0; i < records; ++i) {
      history.push_back({.id = "event-" + std::to_string(next_id_++),
                         .type = "call.hangup",
                         .call = call,
                         .leg = "leg",
                         .occurred_at = kStart,
                         .received_at = kStart});
    }
    log_.append(history);
  }
  std::size_t waiting() const { return dispatcher_->health().waiting; }
  void deliver() {
    dispatcher_->go_on();
    ASSERT_TRUE(dispatcher_->wait_until_empty(60s));
    dispatcher_->pause(0ms);
    for (const DeliveryResult& result : results_.all) feed_->finished(result);
    delivered_.insert(delivered_.end(), results_.all.begin(), results_.all.end());
    results_.all.clear();
  }
  bool folded() { return projection_->settle({}, 60s); }
  DeliveryResult given_up(std::uint32_t partition) const {
    return {{partition, 0}, "call", Delivery::kGivenUp, 3, "HTTP 500"};
  }
  std::vector<DeadLetter> letters() const { return feed_->letters().list({}, 100).value(); }
  bool is_done(Place place) { return feed_->places().value()[place.partition].contains(place.offset); }

  std::atomic<bool> well_ = true;
  testing::LiveLog log_{2};
  PartlyAway reader_{*log_};
  std::unique_ptr<RuleSet> rules_ = built_in_rules();
  Results results_;
  Disk disk_;
  std::unique_ptr<Projection> projection_;
  std::optional<Dispatcher> dispatcher_;
  std::unique_ptr<SubscriptionFeed> feed_;
  std::vector<DeliveryResult> delivered_;
  int next_id_ = 0;
};

TEST_F(SubscriptionFeedTest, FromTheStartTakesAllEvenIfNobodySaysWhereThatIs) {
  append(20);
  reader_.first_known = false;
  open({.from_start = true, .behind_max = 1'000});
  EXPECT_TRUE(feed_->step(true).value());
  EXPECT_EQ(waiting(), 20U);
}

TEST_F(SubscriptionFeedTest, WhatRetentionRemovedIsPassedOverAtOnce) {
  append("call", 3'000);
  const std::uint32_t partition = log_->end(0) > 0 ? 0 : 1;
  const std::vector<OffsetRange> old{{0, 2'990}};
  ASSERT_TRUE(log_->remove(partition, old));
  open({.from_start = true, .behind_max = 10'000});
  EXPECT_TRUE(feed_->step(true).value());
  EXPECT_TRUE(feed_->step(true).value());
  EXPECT_EQ(waiting(), 10U);
}

TEST_F(SubscriptionFeedTest, APartitionThatFailsDoesNotHoldUpTheOthers) {
  open({});
  append(20);
  ASSERT_GT(log_->end(1), 0U);
  reader_.away = {0};
  const auto stepped = feed_->step(true);
  ASSERT_FALSE(stepped);
  EXPECT_EQ(stepped.error().detail, "partition 0");
  EXPECT_EQ(waiting(), log_->end(1));
  append(20);
  EXPECT_FALSE(feed_->step(true)) << "it is not asked again at once, and still wrong";
  EXPECT_EQ(waiting(), log_->end(1)) << "the others go on";
  reader_.away.clear();
  log_.clock().advance(1s);
  EXPECT_TRUE(feed_->step(true).value());
  EXPECT_EQ(waiting(), 40U);
}

TEST_F(SubscriptionFeedTest, ADamagedRecordBecomesADeadLetterThatNamesItsPlace) {
  open({});
  const Place damaged{0, log_->end(0)};
  log_.append_damaged(0);
  append(20);
  EXPECT_TRUE(feed_->step(true).value());
  deliver();
  const auto all = letters();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].place, damaged);
  EXPECT_THAT(all[0].answer, ::testing::HasSubstr("damaged"));
  EXPECT_EQ(feed_->figures().value().undelivered, 0U);
}

TEST_F(SubscriptionFeedTest, ADeadLetterThatCouldNotBeStoredIsStoredLater) {
  open({});
  append(20);
  EXPECT_TRUE(feed_->step(true).value());
  disk_.full = true;
  feed_->finished(given_up(1));
  EXPECT_FALSE(feed_->save());
  disk_.full = false;
  EXPECT_FALSE(is_done({1, 0}));
  EXPECT_TRUE(feed_->save());
  EXPECT_TRUE(is_done({1, 0}));
  EXPECT_EQ(letters().size(), 1U);
}

TEST_F(SubscriptionFeedTest, ADeadLetterThatCannotBeReadNowIsNamedLater) {
  open({});
  append(20);
  EXPECT_TRUE(feed_->step(true).value());
  reader_.readable = false;
  feed_->finished(given_up(1));
  EXPECT_FALSE(feed_->save());
  EXPECT_FALSE(is_done({1, 0}));
  reader_.readable = true;
  EXPECT_TRUE(feed_->save());
  ASSERT_EQ(letters().size(), 1U);
  EXPECT_EQ(letters()[0].type, "call.hangup");
}

TEST_F(SubscriptionFeedTest, HowLongTheOldestWaitsIsToldThoughItCouldNotBeReadBefore) {
  open({});
  append(20);
  EXPECT_TRUE(feed_->step(true).value());
  reader_.readable = false;
  EXPECT_EQ(feed_->figures().value().undelivered, 20U);
  reader_.readable = true;
  EXPECT_EQ(feed_->figures().value().oldest, kStart);
}

TEST_F(SubscriptionFeedTest, ADeadLetterThatIsDroppedWhileItIsTriedAgainStaysDropped) {
  open({});
  append(20);
  EXPECT_TRUE(feed_->step(true).value());
  feed_->finished(given_up(1));
  EXPECT_TRUE(feed_->letters().retry({1, 0}).value());
  (void)feed_->step(true);
  EXPECT_EQ(waiting(), 21U);
  EXPECT_TRUE(feed_->letters().drop({1, 0}).value());
  feed_->finished(given_up(1));
  EXPECT_TRUE(letters().empty());
  EXPECT_TRUE(is_done({1, 0}));
}

TEST_F(SubscriptionFeedTest, ManyDeadLettersAreTriedAgainAsThereIsRoom) {
  open({.behind_max = 1'000}, 7);
  append(60);
  for (int i = 0; i < 50 && delivered_.size() < 60; ++i) {
    EXPECT_TRUE(feed_->step(true));
    deliver();
  }
  for (std::uint64_t offset = 0; offset < log_->end(1); ++offset) {
    feed_->finished({{1, offset}, "call", Delivery::kGivenUp, 3, "HTTP 500"});
  }
  const std::size_t all = letters().size();
  ASSERT_GT(all, 10U);
  // From the last to the first, while others are under way.
  for (std::uint64_t offset = all; offset-- > 0;) {
    EXPECT_TRUE(feed_->letters().retry({1, offset}).value());
    if (offset % 3 == 0) {
      EXPECT_TRUE(feed_->step(true));
    }
  }
  for (std::size_t i = 0; i < 2 * all && !letters().empty(); ++i) {
    EXPECT_LE(waiting(), 7U);
    deliver();
    EXPECT_TRUE(feed_->step(true));
  }
  EXPECT_TRUE(letters().empty());
  EXPECT_EQ(delivered_.size(), 60 + all) << "each once";
}

TEST_F(SubscriptionFeedTest, ABookThatIsAheadOfTheLogHoldsNothingBack) {
  {
    auto book = SubscriptionBook::open(open_key_value(log_.folder() / "book", KeyValueUse::kJournaled)).value();
    for (const std::uint32_t partition : {0, 1}) book->note(partition, {{0, 5'000}});
    ASSERT_TRUE(book->save());
  }
  for (int i = 0; i < 2; ++i) {
    open({});
    append(20);
    EXPECT_TRUE(feed_->step(true).value());
    EXPECT_EQ(waiting(), 20U);
    deliver();
    feed_->close();
    feed_.reset();
    dispatcher_.reset();
    projection_.reset();
  }
}

TEST_F(SubscriptionFeedTest, WhatIsNewDoesNotWaitForWhatWasThereBefore) {
  append(60);
  open({.from_start = true, .behind_max = 10}, 20);
  ASSERT_TRUE(folded());
  append("new", 1);
  EXPECT_TRUE(feed_->step(true).value());
  EXPECT_EQ(dispatcher_->room(Urgency::kUrgent), 19U);
  EXPECT_LT(dispatcher_->room(Urgency::kUsual), 20U);
}

TEST_F(SubscriptionFeedTest, AnApplicationThatTakesLittleGetsWhatIsNewToo) {
  open({.behind_max = 10}, 2);
  append("old", 60);
  ASSERT_TRUE(folded());
  EXPECT_TRUE(feed_->step(true).value());
  (void)feed_->step(true);
  deliver();
  append("new", 1);
  EXPECT_TRUE(feed_->step(true).value());
  EXPECT_EQ(dispatcher_->room(Urgency::kUrgent), 1U) << "it alone";
}

TEST_F(SubscriptionFeedTest, WhatOthersAreToldIsDoneOutlivesAPowerCut) {
  open({});
  append(20);
  EXPECT_TRUE(feed_->step(true).value());
  feed_->finished(given_up(1));
  EXPECT_FALSE(disk_.flushed);
  disk_.full = true;
  EXPECT_FALSE(feed_->places());
  disk_.full = false;
  EXPECT_TRUE(is_done({1, 0}));
  EXPECT_TRUE(disk_.flushed);
}

TEST_F(SubscriptionFeedTest, WhatWaitedWhileTheApplicationWasAwayIsTheBacklogOnceItIsBack) {
  open({.behind_max = 1'000}, 20);
  append(60);
  ASSERT_TRUE(folded());
  EXPECT_TRUE(feed_->step(true).value());
  EXPECT_EQ(dispatcher_->room(Urgency::kUsual), 20U) << "all is live";
  well_ = false;
  dispatcher_->go_on();
  for (int i = 0; i < 1'000 && dispatcher_->health().breaker == CircuitBreaker::State::kClosed; ++i) {
    std::this_thread::sleep_for(10ms);
  }
  ASSERT_NE(dispatcher_->health().breaker, CircuitBreaker::State::kClosed);
  well_ = true;
  for (int i = 0; i < 1'000 && dispatcher_->health().returns == 0; ++i) {
    log_.clock().advance(100ms);
    dispatcher_->go_on();
    std::this_thread::sleep_for(10ms);
  }
  deliver();
  append("new", 1);
  EXPECT_TRUE(feed_->step(true).value());
  EXPECT_EQ(dispatcher_->room(Urgency::kUrgent), 19U) << "the new one alone is live";
  EXPECT_LT(dispatcher_->room(Urgency::kUsual), 20U) << "the backlog is read too";
}

TEST_F(SubscriptionFeedTest, WhatARecordTakesAlongNeedsRoomToo) {
  open({.behind_max = 10}, 20);
  append("other", 20);
  EXPECT_TRUE(feed_->step(true).value());
  append("call", 100);
  ASSERT_TRUE(folded());
  EXPECT_TRUE(feed_->step(true).value()) << "all is left behind, and some of it read";
  deliver();
  append("call", 1);
  ASSERT_TRUE(folded());
  for (int i = 0; i < 50 && delivered_.size() < 121; ++i) {
    EXPECT_TRUE(feed_->step(true));
    EXPECT_LE(waiting(), 2 * 20U);
    deliver();
  }
  EXPECT_EQ(delivered_.size(), 121U);
  std::map<std::string, std::uint64_t> last;
  for (const DeliveryResult& result : delivered_) {
    EXPECT_GE(result.place.offset, last[result.key]);
    last[result.key] = result.place.offset + 1;
  }
}

}  // namespace
}  // namespace hookledger
