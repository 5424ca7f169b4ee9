#include "replay/rebuild.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <map>

#include "projector/projection_folder.h"
#include "projector/rules/built_in_rules.h"
#include "tests/replay/signed_log.h"
#include "tests/support/seeded.h"

namespace hookledger::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// A data dir with a log and a live projection, as a server leaves them.
class RebuildTest : public ::testing::Test {
 protected:
  RebuildTest() { ::setenv("TMPDIR", scratch_.path().c_str(), 1); }
  ~RebuildTest() override { ::unsetenv("TMPDIR"); }

  void fold_live() {
    auto folder = ProjectionFolder::own(log_.data_dir()).value();
    auto live = folder->open_live(log_.log(), *rules_).value();
    catch_up(*live.store, log_.log(), *rules_, 1).value();
    live.store->flush().value();
  }

  /// Changes the live store behind everybody's back.
  void forge(const std::function<void(Writes&, CallStore&)>& change) {
    auto folder = ProjectionFolder::own(log_.data_dir()).value();
    auto live = folder->open_live(log_.log(), *rules_).value();
    Writes writes;
    change(writes, *live.store);
    live.store->bytes().write(writes).value();
    live.store->flush().value();
  }

  std::string live_digest() {
    auto folder = ProjectionFolder::own(log_.data_dir()).value();
    auto live = folder->open_live(log_.log(), *rules_).value();
    EXPECT_EQ(live.discarded, "");
    for (std::uint32_t partition = 0; partition < log_.log().partitions(); ++partition) {
      EXPECT_EQ(live.store->covered(partition).value(), log_.log().end(partition));
    }
    return live.store->digest().value();
  }

  Result<RebuildComparison> verify() {
    return rebuild_verify(
        log_.data_dir(), *rules_, [&] { return open_embedded_log_reader(log_.path()); }, 2);
  }

  std::vector<std::string> scratch_files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(scratch_.path())) names.push_back(entry.path().filename());
    return names;
  }

  TemporaryFolder scratch_;
  SignedLog log_{3};
  std::unique_ptr<RuleSet> rules_ = built_in_rules();
};

std::vector<SignedEvent> random_events(std::mt19937_64& random, std::size_t count) {
  std::vector<SignedEvent> events;
  const std::vector<std::string> types{"initiated", "answered", "bridged", "hangup", "dtmf.received"};
  while (events.size() < count) {
    const std::string call = "call-" + std::to_string(random_below(random, count / 4 + 1));
    const std::string leg = call + "/" + std::to_string(random_below(random, 3));
    const std::string& type = types[random_below(random, types.size())];
    const Time at = kStart + std::chrono::milliseconds(random_below(random, 100'000));
    const std::string id = leg + type + std::to_string(random_below(random, 2));
    const auto provenance = static_cast<Provenance>(random_below(random, 4));
    events.push_back({telnyx_body(id, "call." + type, call, leg, at), at + 1s, provenance, 0});
  }
  return events;
}

TEST_F(RebuildTest, EqualsTheLiveProjectionAfterAnyHistory) {
  auto random = seeded_generator();
  for (int restart = 0; restart < 6; ++restart) {
    log_.append(random_events(random, 1 + random_below(random, 300)));
    if (random_below(random, 2) == 0) fold_live();
    log_.close();
    log_.open();
  }
  fold_live();
  const std::string live = live_digest(), before = live_store_folder(log_.data_dir());
  const auto compared = verify();
  ASSERT_TRUE(compared) << compared.error().detail;
  EXPECT_TRUE(compared->equal());
  EXPECT_EQ(compared->live_digest, live);
  EXPECT_EQ(compared->fresh_digest, live);

  std::atomic<std::uint64_t> folded = 0;
  const auto rebuilt = rebuild(log_.data_dir(), log_.log(), *rules_, 2, [&](const FoldProgress& progress) {
    folded = progress.done;
    EXPECT_LE(progress.done, progress.total);
  });
  ASSERT_TRUE(rebuilt) << rebuilt.error().detail;
  EXPECT_EQ(rebuilt->digest, live);
  EXPECT_EQ(rebuilt->records, folded);
  EXPECT_EQ(rebuilt->records, compared->records);
  EXPECT_NE(live_store_folder(log_.data_dir()), before);
  EXPECT_FALSE(fs::exists(before));
  EXPECT_EQ(live_digest(), live);
  EXPECT_TRUE(verify()->equal());
}

TEST_F(RebuildTest, NeedsNoProjectionAndNoRecords) {
  const auto empty = rebuild(log_.data_dir(), log_.log(), *rules_, 1);
  ASSERT_TRUE(empty) << empty.error().detail;
  EXPECT_EQ(empty->records, 0u);
  EXPECT_EQ(live_digest(), empty->digest);
}

TEST_F(RebuildTest, SaysWhatToDoBesideAnOwner) {
  auto owner = ProjectionFolder::own(log_.data_dir()).value();
  const auto refused = rebuild(log_.data_dir(), log_.log(), *rules_, 1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInUse);
  EXPECT_THAT(refused.error().detail, HasSubstr("stop it first, or compare with --verify"));
}

TEST_F(RebuildTest, LeavesTheLiveProjectionWhenItFails) {
  log_.append(one_call("call", kStart));
  fold_live();
  const std::string live = live_store_folder(log_.data_dir());
  log_.close();
  {
    auto store = LogStore::open({.path = log_.path()}, log_.clock()).value();
    store->write({.records = {{{partition_of("call", 3), 2}, "damaged", "x"}}, .deliveries = {}, .appended_at = {}})
        .value();
  }
  log_.open();
  const auto failed = rebuild(log_.data_dir(), log_.log(), *rules_, 2);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::kCorruption);
  EXPECT_EQ(live_store_folder(log_.data_dir()), live);
  std::size_t stores = 0;
  for (const auto& entry : fs::directory_iterator(log_.data_dir() + "/projection")) stores += entry.is_directory();
  EXPECT_EQ(stores, 1u);

  const auto not_compared = verify();
  ASSERT_FALSE(not_compared);
  EXPECT_EQ(not_compared.error().code, ErrorCode::kCorruption);
  EXPECT_THAT(scratch_files(), IsEmpty());
}

TEST_F(RebuildTest, ComparingChangesNothingAndLeavesNothing) {
  log_.append(one_call("call-1", kStart));
  fold_live();
  log_.append(one_call("call-2", kStart));
  auto owner = ProjectionFolder::own(log_.data_dir()).value();
  const auto files = [&] {
    std::map<std::string, std::pair<std::uintmax_t, fs::file_time_type>> found;
    for (const auto& entry : fs::recursive_directory_iterator(log_.data_dir())) {
      if (entry.is_regular_file()) found[entry.path()] = {entry.file_size(), entry.last_write_time()};
    }
    return found;
  };
  const auto before = files();
  const auto compared = verify();
  ASSERT_TRUE(compared) << compared.error().detail;
  EXPECT_TRUE(compared->equal());
  EXPECT_TRUE(compared->had_live);
  EXPECT_EQ(compared->records, 8u);
  EXPECT_EQ(files(), before);
  EXPECT_THAT(scratch_files(), IsEmpty());
}

TEST_F(RebuildTest, ComparesWhatCommandsSeeWithoutAProjection) {
  log_.append(one_call("call-1", kStart));
  const auto compared = verify();
  ASSERT_TRUE(compared) << compared.error().detail;
  EXPECT_FALSE(compared->had_live);
  EXPECT_TRUE(compared->equal());
  const auto none = rebuild_verify(
      scratch_ / "nowhere", *rules_, [&] { return open_embedded_log_reader(scratch_ / "nowhere/log"); }, 1);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kNotFound);
}

TEST_F(RebuildTest, ComparingNoticesWhatIsNotAsTheLogSays) {
  for (int call = 0; call < 9; ++call) log_.append(one_call("call-" + std::to_string(call), kStart));
  fold_live();
  const auto facts_of = [](CallStore& store, const std::string& call) {
    std::string value;
    store.bytes().get(state_key::call(call), value).value();
    return value;
  };
  forge([&](Writes& writes, CallStore& store) {
    writes.put(state_key::call("call-3"), facts_of(store, "call-4"));
    writes.erase(state_key::call("call-5"));
    writes.put(state_key::call("call-x"), facts_of(store, "call-0"));
  });
  const auto compared = verify();
  ASSERT_TRUE(compared) << compared.error().detail;
  EXPECT_FALSE(compared->equal());
  EXPECT_NE(compared->live_digest, compared->fresh_digest);
  EXPECT_EQ(compared->differing_calls, 3u);
  EXPECT_EQ(compared->differing_entries, 0u);
  EXPECT_THAT(compared->call_ids, ElementsAre("call-3", "call-5", "call-x"));
  EXPECT_THAT(scratch_files(), IsEmpty());

  ASSERT_TRUE(rebuild(log_.data_dir(), log_.log(), *rules_, 1));
  EXPECT_TRUE(verify()->equal());
}

TEST_F(RebuildTest, ComparingNoticesAForgedIndex) {
  log_.append(one_call("call", kStart));
  fold_live();
  forge([](Writes& writes, CallStore&) { writes.put(state_key::legs("no such leg") + "call", {}); });
  const auto compared = verify();
  ASSERT_TRUE(compared) << compared.error().detail;
  EXPECT_FALSE(compared->equal());
  EXPECT_EQ(compared->live_digest, compared->fresh_digest);
  EXPECT_EQ(compared->differing_calls, 0u);
  EXPECT_EQ(compared->differing_entries, 1u);
}

/// Flips bytes of every table of the live store: each `step`-th from `first` on.
void damage_tables(const std::string& folder, std::size_t first, std::size_t step) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".sst") continue;
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    for (std::size_t at = first; at < fs::file_size(entry.path()); at += step) {
      file.seekg(static_cast<std::streamoff>(at));
      const int byte = file.get();
      file.seekp(static_cast<std::streamoff>(at));
      file.put(static_cast<char>(~byte));
    }
  }
}

TEST_F(RebuildTest, AnUnreadableProjectionIsAMismatch) {
  for (int call = 0; call < 9; ++call) log_.append(one_call("call-" + std::to_string(call), kStart));
  fold_live();
  damage_tables(live_store_folder(log_.data_dir()), 0, 64);
  const auto compared = verify();
  ASSERT_TRUE(compared) << compared.error().detail;
  EXPECT_FALSE(compared->equal());
  EXPECT_THAT(compared->unreadable, HasSubstr("Corruption"));
  EXPECT_THAT(compared->unreadable, HasSubstr("run hookledger rebuild"));
  EXPECT_EQ(compared->live_digest, "");
  EXPECT_EQ(compared->records, 36u);

  ASSERT_TRUE(rebuild(log_.data_dir(), log_.log(), *rules_, 1));
  EXPECT_TRUE(verify()->equal());
}

TEST_F(RebuildTest, ADamagedBlockOfTheProjectionIsAMismatch) {
  for (int call = 0; call < 200; ++call) log_.append(one_call("call-" + std::to_string(call), kStart));
  fold_live();
  damage_tables(live_store_folder(log_.data_dir()), 100, 1 << 20);
  const auto compared = verify();
  ASSERT_TRUE(compared) << compared.error().detail;
  EXPECT_FALSE(compared->equal());
  EXPECT_THAT(compared->unreadable, HasSubstr("run hookledger rebuild"));
}

TEST_F(RebuildTest, AProjectionWithoutItsFilesIsAMismatchOneOfOtherRulesIsNot) {
  log_.append(one_call("call", kStart));
  fold_live();
  rules_ = built_in_rules({.expect_recordings = true});
  EXPECT_TRUE(verify()->equal()) << "the state of calls does not hang on rules";
  rules_ = built_in_rules();
  EXPECT_TRUE(verify()->equal());
  fs::remove_all(live_store_folder(log_.data_dir()));
  EXPECT_THAT(verify()->unreadable, HasSubstr("no projection in"));
}

TEST_F(RebuildTest, TheListOfCallsIsBounded) {
  std::vector<SignedEvent> events;
  for (int call = 0; call < 30; ++call) events.push_back(one_call("call-" + std::to_string(call), kStart).front());
  log_.append(events);
  fold_live();
  forge([](Writes& writes, CallStore&) {
    for (int call = 0; call < 30; ++call) writes.erase(state_key::call("call-" + std::to_string(call)));
  });
  const auto compared = verify();
  ASSERT_TRUE(compared) << compared.error().detail;
  EXPECT_EQ(compared->differing_calls, 30u);
  EXPECT_THAT(compared->call_ids, SizeIs(RebuildComparison::kCallsMax));
}

}  // namespace
}  // namespace hookledger::testing
