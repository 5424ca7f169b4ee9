#pragma once

#include <functional>
#include <gmock/gmock.h>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "projector/projection.h"
#include "projector/rules/built_in_rules.h"
#include "replay/redelivery/subscription.h"
#include "tests/projector/live_log.h"

namespace hookledger::testing {

/// An application that outlives whoever delivers to it.
class Application {
 public:
  struct Taken {
    Place place;
    std::string call;
    friend bool operator==(const Taken&, const Taken&) = default;
  };
  using Behaviour = std::function<ReceiverAnswer(const Taken&)>;

  std::unique_ptr<Endpoint> connect() { return std::make_unique<Connection>(*this); }
  void behave(Behaviour behaviour) {
    const std::lock_guard lock(mutex_);
    behaviour_ = std::move(behaviour);
  }
  std::vector<Taken> taken() const {
    const std::lock_guard lock(mutex_);
    return taken_;
  }
  std::set<Place> places() const {
    std::set<Place> places;
    for (const Taken& one : taken()) places.insert(one.place);
    return places;
  }
  void forget() {
    const std::lock_guard lock(mutex_);
    taken_.clear();
  }

 private:
  class Connection : public Endpoint {
   public:
    explicit Connection(Application& application) : application_(application) {}
    std::optional<ReceiverAnswer> begin(const OutboundRequest& request, std::stop_token) override {
      return application_.take(request);
    }

   private:
    Application& application_;
  };

  ReceiverAnswer take(const OutboundRequest& request) {
    const std::map<std::string, std::string> headers(request.headers.begin(), request.headers.end());
    const auto call = headers.find("hookledger-call");
    const Taken one{{static_cast<std::uint32_t>(std::stoul(headers.at("hookledger-partition"))),
                     std::stoull(headers.at("hookledger-offset"))},
                    call == headers.end() ? "" : call->second};
    const std::lock_guard lock(mutex_);
    auto answer = behaviour_ ? behaviour_(one) : ReceiverAnswer{.status = 200};
    if (answer.status == 200) taken_.push_back(one);
    return answer;
  }

  mutable std::mutex mutex_;
  Behaviour behaviour_;
  std::vector<Taken> taken_;
};

class SubscriptionTest : public ::testing::Test {
 protected:
  ~SubscriptionTest() override { close(); }

  void open(Subscription::Options options = {}) {
    options.name = "app";
    options.key = std::string(32, 'k');
    projection_ = Projection::open({.data_dir = log_.folder() / "data", .partitions = {}, .threads = 1},
                                   {*log_, *rules_, log_.clock(), log_.logger()})
                      .value();
    metrics_ = std::make_unique<Metrics>();
    subscription_.emplace(options, Subscription::Parts{[this] { return application_.connect(); }, *log_, log_.clock(),
                                                       log_.logger(), *metrics_, places_, note_});
    watch();
  }
  void watch() { subscription_->add(0, {projection_->store(), projection_->partitions(), log_.folder() / "book", {}}); }
  void close() {
    subscription_.reset();
    projection_.reset();
  }
  void append(const std::string& call, int events, const std::string& organization = {}) {
    std::vector<HistoryEvent> history;
    for (int i = 0; i < events; ++i) {
      history.push_back({.id = call + "-" + std::to_string(next_id_++),
                         .type = i % 2 == 0 ? "call.initiated" : "call.hangup",
                         .call = call,
                         .leg = "leg-" + call,
                         .occurred_at = kStart,
                         .received_at = kStart,
                         .organization = organization});
    }
    log_.append(history);
  }
  std::uint64_t records() const { return log().end(0) + log().end(1); }
  const LogReader& log() const { return const_cast<LiveLog&>(log_).operator*(); }
  /// Polls up to 60 s, while time goes by.
  template <class Holds>
  bool eventually(Holds holds, Duration passing = {}) {
    for (int i = 0; i < 6'000; ++i) {
      if (holds()) return true;
      log_.clock().advance(passing);
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }
  bool all_taken() { return application_.places().size() == records(); }
  void expect_order() {
    std::map<std::string, std::uint64_t> last;
    std::set<Place> seen;
    for (const auto& one : application_.taken()) {
      if (one.call.empty() || !seen.insert(one.place).second) continue;
      const auto known = last.find(one.call);
      EXPECT_TRUE(known == last.end() || known->second < one.place.offset) << one.call;
      last[one.call] = one.place.offset;
    }
  }
  std::string figure(const std::string& name) {
    const std::string text = metrics_->text(), line = name + "{subscription=\"app\"} ";
    const auto at = text.find(line);
    return at == std::string::npos ? "" : text.substr(at + line.size(), text.find('\n', at) - at - line.size());
  }

  LiveLog log_{2};
  std::unique_ptr<RuleSet> rules_ = built_in_rules();
  std::unique_ptr<Metrics> metrics_;
  Application application_;
  std::unique_ptr<Projection> projection_;
  std::optional<Subscription> subscription_;
  SubscriptionPlaces* places_ = nullptr;
  std::function<Result<void>(const std::string&)> note_;
  std::uint64_t next_id_ = 0;
};

}  // namespace hookledger::testing
