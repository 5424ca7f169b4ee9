// Fails every file operation that the log makes, one after the other, and sees to it that nothing is lost.

#include <functional>
#include <gmock/gmock.h>
#include <thread>

#include "tests/ingest/test_log.h"
#include "tests/support/fault_injection_env.h"

namespace hookledger::testing {
namespace {

using Fault = FaultInjectionEnv::Fault;
using Plan = FaultInjectionEnv::Plan;

constexpr std::size_t kIds = 4;
const std::uint32_t kPartition = partition_of("call-1", kPartitions);

bool eventually(const std::function<bool()>& condition) {
  for (int i = 0; i < 10'000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(1ms);
  }
  return false;
}

/// Every way to fail: before or after the effect, EIO or ENOSPC.
class FailingLog : public ::testing::TestWithParam<std::tuple<bool, Fault>> {
 protected:
  Plan plan(std::uint64_t fail_at, bool lasting) const {
    return {.fail_at = fail_at,
            .after_effect = std::get<0>(GetParam()),
            .lasting = lasting,
            .fault = std::get<1>(GetParam())};
  }

  /// As a provider does. Refusals other than kUnavailable are none.
  static Appended append_until_accepted(TestLog& log, const std::string& id) {
    Result<Appended> result = log.append(id);
    const auto accepted = [&] {
      EXPECT_EQ(result.error().code, ErrorCode::kUnavailable) << result.error().detail;
      result = log.append(id);
      return !result.has_error();
    };
    EXPECT_TRUE(result || eventually(accepted)) << id << ": " << result.error().detail;
    return result.value();
  }

  static void expect_each_once(TestLog& log, const std::map<std::string, Place>& acknowledged) {
    const auto places = places_in(*log);
    EXPECT_EQ(places.size(), kIds);
    for (const auto& [id, place] : acknowledged) {
      ASSERT_EQ(places.count(id), 1U) << id;
      EXPECT_EQ(places.find(id)->second, place) << id;
      const auto again = append_until_accepted(log, id);
      EXPECT_TRUE(again.duplicate) << id;
      EXPECT_EQ(again.place, place) << id;
    }
  }

  /// What a log lives through: appends, repeats, restarts.
  static std::map<std::string, Place> live(TestLog& log) {
    std::map<std::string, Place> acknowledged;
    for (std::size_t i = 0; i < kIds; ++i) {
      const std::string id = "event-" + std::to_string(i);
      const Appended first = append_until_accepted(log, id);
      acknowledged[id] = first.place;
      const Appended repeated = append_until_accepted(log, id);
      EXPECT_TRUE(repeated.duplicate);
      EXPECT_EQ(repeated.place, first.place);
      if (i == kIds / 2) {
        log->stop();
        log.close();
        EXPECT_TRUE(eventually([&] { return !log.try_open().has_error(); }));
      }
    }
    return acknowledged;
  }
};

TEST_P(FailingLog, LosesNothingWhereverOneOperationFails) {
  std::uint64_t fail_at = 0;
  for (bool failed = true; failed; ++fail_at) {
    SCOPED_TRACE(fail_at);
    FaultInjectionEnv disk;
    TestLog log({}, disk.env());
    disk.arm(plan(fail_at, false));
    ASSERT_TRUE(eventually([&] { return !log.try_open().has_error(); })) << "opens at the second try";
    const auto acknowledged = live(log);
    expect_each_once(log, acknowledged);
    failed = disk.failures() > 0;
    disk.heal();
    log.open();
    expect_each_once(log, acknowledged);
    if (HasFailure()) return;
  }
  std::cout << fail_at << " operations\n";
  EXPECT_GT(fail_at, 40U) << "faults are not reached";
}

TEST_P(FailingLog, ReadsGoOnWhileTheDiskIsBadAndWritesWhenItIsWellAgain) {
  for (std::uint64_t fail_at = 0; fail_at < 4; ++fail_at) {
    SCOPED_TRACE(fail_at);
    FaultInjectionEnv disk;
    TestLog log({}, disk.env());
    log.open();
    std::map<std::string, Place> acknowledged;
    for (std::size_t i = 0; i < kIds / 2; ++i) {
      const std::string id = "event-" + std::to_string(i);
      acknowledged[id] = log.append(id)->place;
    }
    disk.arm(plan(fail_at, true));
    std::optional<Error> refused;
    for (std::size_t i = kIds / 2; i < kIds; ++i) {
      const std::string id = "event-" + std::to_string(i);
      const auto result = log.append(id);
      if (result) {
        acknowledged[id] = result->place;
      } else {
        refused = result.error();
      }
    }
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->code, ErrorCode::kUnavailable);
    EXPECT_FALSE(log->health().writable);
    EXPECT_NE(log->health().reason, "");
    if (std::get<1>(GetParam()) == Fault::kNoSpace) {
      EXPECT_NE(log->health().reason.find("no space left on the disk"), std::string::npos) << log->health().reason;
    }
    for (int tries = 0; tries < 5; ++tries) {
      for (const auto& [id, place] : acknowledged) {
        const auto record = log->read(place);
        ASSERT_TRUE(record) << record.error().detail;
        EXPECT_EQ(decode_record(record->bytes)->id, id);
      }
      EXPECT_GE(ids_in(*log, kPartition).size(), acknowledged.size());
      EXPECT_EQ(log.append("late").error().code, ErrorCode::kUnavailable);
      EXPECT_TRUE(log->remember_key(ed25519_key_pair(Ed25519Seed{3}).public_key).has_error());
      std::this_thread::sleep_for(3ms);  // Some probes fail meanwhile.
    }
    disk.heal();
    EXPECT_TRUE(eventually([&] { return log->health().writable; })) << "by itself";
    EXPECT_EQ(log->health().reason, "");
    for (std::size_t i = 0; i < kIds; ++i) {
      const std::string id = "event-" + std::to_string(i);
      acknowledged.try_emplace(id, append_until_accepted(log, id).place);
    }
    expect_each_once(log, acknowledged);
    log.open();
    expect_each_once(log, acknowledged);
  }
}

TEST_P(FailingLog, ADuplicateFailsWithItsOriginal) {
  FaultInjectionEnv disk;
  TestLog log({}, disk.env());
  log.open();
  const Place old = log.append("old")->place;
  disk.arm(plan(0, false));
  const auto results = log.append(std::vector<LogEvent>{{"new"}, {"new"}, {"old"}});
  EXPECT_EQ(disk.failures(), 1U);
  EXPECT_EQ(results[0].error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(results[1].error().code, ErrorCode::kUnavailable) << "its original is not known to be durable";
  ASSERT_TRUE(results[2]) << "its original has long been";
  EXPECT_EQ(results[2]->place, old);
}

INSTANTIATE_TEST_SUITE_P(Ways, FailingLog,
                         ::testing::Combine(::testing::Bool(), ::testing::Values(Fault::kIoError, Fault::kNoSpace)),
                         [](const auto& way) {
                           return std::string(std::get<1>(way.param) == Fault::kNoSpace ? "NoSpace" : "IoError") +
                                  (std::get<0>(way.param) ? "AfterEffect" : "BeforeEffect");
                         });

/// A store whose flush a test can ask for, under a committer.
class FailingFlush : public ::testing::Test {
 protected:
  FailingFlush() {
    store_ = LogStore::open({.path = folder_ / "log", .partitions = kPartitions, .env = disk_.env()}, clock_).value();
    committer_.emplace(*store_, store_->next_offsets().value(), CommitLimits{.probe_interval = 5ms}, clock_, logger_,
                       metrics_);
  }

  FaultInjectionEnv disk_;
  TemporaryFolder folder_;
  ManualClock clock_{kNow};
  Logger logger_{{.json = false, .level = Logger::Level::kError}};
  Metrics metrics_;
  std::unique_ptr<LogStore> store_;
  std::optional<Committer> committer_;
  AppendClient client_{kPartitions};
};

TEST_F(FailingFlush, IsNoticedAtOnceAndMendedByItself) {
  std::size_t appended = 0;
  for (bool untouched = false; !untouched; ++appended) {
    SCOPED_TRACE(appended);
    const LogEvent event{.id = std::to_string(appended)};
    ASSERT_TRUE(eventually([&] { return !client_.append(*committer_, event).has_error(); }));
    disk_.arm({.fail_at = appended, .lasting = true, .fault = Fault::kNoSpace});
    const bool flushed = !store_->flush().has_error();
    const bool failing = disk_.failures() > 0;
    untouched = flushed && !failing;
    if (!flushed && failing) {  // It may also be done, and fail in deleting what it replaced.
      EXPECT_FALSE(committer_->health().writable) << "before anybody appends";
      EXPECT_EQ(client_.append(*committer_, LogEvent{.id = "late"}).error().code, ErrorCode::kUnavailable);
    }
    disk_.heal();
    ASSERT_TRUE(eventually([&] { return committer_->health().writable; }));
  }
  EXPECT_GT(appended, 5U);
  EXPECT_EQ(committer_->end(kPartition), appended);
  const auto cursor = store_->scan(kPartition, 0);
  for (std::size_t i = 0; i < appended; ++i) {
    ASSERT_TRUE(cursor->next().value());
    EXPECT_EQ(decode_record(cursor->bytes())->id, std::to_string(i));
  }
}

TEST_F(FailingFlush, FailsWhatWaits) {
  std::unique_lock gate(client_.gate);
  const auto first = client_.submit(*committer_, {{"first"}})->front();
  while (committer_->end(kPartition) == 0) std::this_thread::sleep_for(1ms);
  const auto waiting = client_.submit(*committer_, {{"second"}, {"third"}}).value();
  disk_.arm({.lasting = true});
  EXPECT_FALSE(store_->flush());
  gate.unlock();
  EXPECT_TRUE(client_.wait(first));
  for (const auto token : waiting) EXPECT_EQ(client_.wait(token).error().code, ErrorCode::kUnavailable);
  disk_.heal();
  EXPECT_TRUE(eventually([&] { return committer_->health().writable; }));
  EXPECT_EQ(client_.append(*committer_, LogEvent{.id = "second"})->place.offset, 1U);
}

}  // namespace
}  // namespace hookledger::testing
