#pragma once

#include <algorithm>
#include <array>
#include <condition_variable>
#include <functional>
#include <gmock/gmock.h>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "replay/redelivery/dispatcher.h"
#include "tests/replay/redelivery/dispatched.h"
#include "tests/support/call_builder.h"
#include "tests/support/manual_clock.h"

namespace hookledger::testing {

using namespace std::chrono_literals;

/// What an application does with the attempt of a record: `attempt` counts from 1.
using Behaviour = std::function<ReceiverAnswer(std::uint64_t offset, unsigned attempt)>;

/// An application with any number of connections, which remembers what it was asked.
class Application {
 public:
  struct Asked {
    std::uint64_t offset;
    std::string key;
    unsigned status;
  };

  explicit Application(Behaviour behaviour) : behaviour_(std::move(behaviour)) {}

  std::vector<std::unique_ptr<Endpoint>> connections(std::size_t count) {
    std::vector<std::unique_ptr<Endpoint>> all;
    for (std::size_t i = 0; i < count; ++i) all.push_back(std::make_unique<Connection>(*this));
    return all;
  }
  std::vector<Asked> asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }
  bool busy() const {
    const std::lock_guard lock(mutex_);
    return !under_way_.empty();
  }
  /// Its requests hang until they are let go, or stopped.
  void hang(bool hanging) {
    const std::lock_guard lock(mutex_);
    hanging_ = hanging;
    changed_.notify_all();
  }

 private:
  class Connection : public Endpoint {
   public:
    explicit Connection(Application& application) : application_(application) {}
    std::optional<ReceiverAnswer> begin(const OutboundRequest& request, std::stop_token stop) override {
      return application_.take(request, stop);
    }

   private:
    Application& application_;
  };

  ReceiverAnswer take(const OutboundRequest& request, const std::stop_token& stop) {
    const auto header = [&](std::string_view name) {
      const auto found = std::ranges::find(request.headers, name, &std::pair<std::string_view, std::string>::first);
      return found == request.headers.end() ? std::string() : found->second;
    };
    const std::string key = header("hookledger-call");
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(under_way_.insert(key).second) << "two records of one key at once";
    changed_.wait(lock, stop, [&] { return !hanging_; });
    const auto offset = std::stoull(header("hookledger-offset"));
    const auto attempt = static_cast<unsigned>(std::stoul(header("hookledger-attempt")));
    auto answer = hanging_ ? ReceiverAnswer{.failure = "stopped"} : behaviour_(offset, attempt);
    asked_.push_back({offset, key, answer.status});
    under_way_.erase(key);
    return answer;
  }

  const Behaviour behaviour_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<Asked> asked_;
  std::set<std::string> under_way_;
  bool hanging_ = false;
};

class Results : public DeliveryObserver {
 public:
  void attempted(AttemptOutcome, const ReceiverAnswer&) override {}
  void finished(const DeliveryResult& result) override {
    const std::lock_guard lock(mutex_);
    EXPECT_TRUE(by_offset_.emplace(result.place.offset, result).second) << "finished twice";
  }
  void forget() {
    const std::lock_guard lock(mutex_);
    by_offset_.clear();
  }
  std::map<std::uint64_t, DeliveryResult> all() const {
    const std::lock_guard lock(mutex_);
    return by_offset_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::uint64_t, DeliveryResult> by_offset_;
};

class DispatcherTest : public ::testing::Test {
 protected:
  void open(Behaviour behaviour, Dispatcher::Options options = {}, std::size_t connections = 4) {
    application_.emplace(std::move(behaviour));
    dispatcher_.emplace(options,
                        Dispatcher::Parts{clock_, results_,
                                          [this](Place place) -> Result<std::string> {
                                            if (missing_.contains(place.offset)) {
                                              return Error{ErrorCode::kNotFound, "gone"};
                                            }
                                            return hangup_of("key-loaded");
                                          }},
                        application_->connections(connections));
  }
  void add(std::uint64_t offset, const std::string& key, Urgency urgency = Urgency::kUsual) {
    dispatcher_->add({{0, offset}, key, hangup_of(key), urgency, 0});
  }
  /// Time goes by until nothing waits any more.
  bool run() {
    for (int i = 0; i < 30'000; ++i) {
      if (dispatcher_->wait_until_empty(1ms)) return true;
      clock_.advance(1s);
      dispatcher_->go_on();
    }
    return false;
  }

  ManualClock clock_{kStart};
  Results results_;
  std::set<std::uint64_t> missing_;
  std::optional<Application> application_;
  std::optional<Dispatcher> dispatcher_;
};

inline ReceiverAnswer ok() { return {.status = 200}; }

}  // namespace hookledger::testing
