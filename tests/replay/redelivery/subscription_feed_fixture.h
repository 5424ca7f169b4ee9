#pragma once

#include <atomic>
#include <gmock/gmock.h>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "projector/projection.h"
#include "projector/rules/built_in_rules.h"
#include "replay/redelivery/subscription_feed.h"
#include "tests/projector/live_log.h"

namespace hookledger::testing {

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
  void attempted(AttemptOutcome, const ReceiverAnswer&) override {}
  void finished(const DeliveryResult& result) override { all.push_back(result); }
  std::vector<DeliveryResult> all;
};

/// Takes what it is sent while it is well.
class Taking : public Endpoint {
 public:
  explicit Taking(const std::atomic<bool>& well) : well_(well) {}
  std::optional<ReceiverAnswer> begin(const OutboundRequest&, std::stop_token) override {
    return ReceiverAnswer{.status = well_ ? 200U : 503U};
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
  LiveLog log_{2};
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

}  // namespace hookledger::testing
