#include "projector/projection_folder.h"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>

#include "projector/folding.h"
#include "projector/projection_view.h"
#include "projector/rules/built_in_rules.h"
#include "tests/projector/history.h"
#include "tests/support/memory_log.h"
#include "tests/support/temporary_folder.h"

namespace hookledger {
namespace {

using ::testing::HasSubstr;
using testing::HistoryEvent;
using ::testing::IsEmpty;
using testing::MemoryLog;
using testing::TemporaryFolder;

class ProjectionFolderTest : public ::testing::Test {
 protected:
  ProjectionFolderTest() {
    auto random = seeded_generator();
    for (const HistoryEvent& event : testing::random_history(random, 12)) {
      event.with_record([&](const RecordView& record) { log_.append(record); });
    }
    const auto store = std::move(*CallStore::make(*open_key_value_overlay({}), make_shape(2, *rules_)));
    EXPECT_TRUE(catch_up(*store, log_, *rules_, 1));
    digest_ = store->digest().value();
  }

  std::unique_ptr<ProjectionFolder> own() { return std::move(*ProjectionFolder::own(folder_.path())); }

  /// Opens, folds, flushes, closes; gives what `open_live` said.
  std::string fold_live(ProjectionFolder& owner) {
    auto live = owner.open_live(log_, *rules_).value();
    EXPECT_TRUE(catch_up(*live.store, log_, *rules_, 1));
    EXPECT_TRUE(live.store->flush());
    EXPECT_EQ(live.store->digest().value(), digest_);
    return live.discarded;
  }

  std::vector<std::string> stores() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / "projection")) {
      if (entry.is_directory()) names.push_back(entry.path().filename());
    }
    return names;
  }

  Result<ProjectionView> view() {
    return open_view(folder_.path(), *rules_, [&]() -> Result<std::unique_ptr<LogReader>> {
      return std::unique_ptr<LogReader>(std::make_unique<MemoryLog>(log_));
    });
  }

  std::string digest_of_view() {
    const auto opened = view();
    return opened ? opened->store->digest().value() : opened.error().detail;
  }

  TemporaryFolder folder_;
  MemoryLog log_{2};
  std::unique_ptr<RuleSet> rules_ = built_in_rules();
  std::string digest_;
};

TEST_F(ProjectionFolderTest, ALiveStoreIsMadeOnceAndFoundAgain) {
  EXPECT_THAT(fold_live(*own()), IsEmpty());
  const auto owner = own();
  const auto live = owner->open_live(log_, *rules_).value();
  EXPECT_THAT(live.discarded, IsEmpty());
  EXPECT_EQ(live.store->digest().value(), digest_);
}

TEST_F(ProjectionFolderTest, ASecondOwnerIsRefusedUntilTheFirstIsGone) {
  auto owner = own();
  const auto second = ProjectionFolder::own(folder_.path());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kInUse);
  owner.reset();
  EXPECT_TRUE(ProjectionFolder::own(folder_.path()));
}

TEST_F(ProjectionFolderTest, SwapReplacesTheLiveStore) {
  const auto owner = own();
  fold_live(*owner);
  auto beside = owner->make_beside(log_, *rules_).value();
  EXPECT_EQ(stores().size(), 2U);
  ASSERT_TRUE(catch_up(*beside, log_, *rules_, 2));
  const std::string digest = beside->digest().value();
  ASSERT_TRUE(owner->swap_in(std::move(beside)));
  EXPECT_EQ(stores(), std::vector<std::string>{"000002"});
  EXPECT_EQ(owner->open_live(log_, *rules_)->store->digest().value(), digest);
}

TEST_F(ProjectionFolderTest, AStoreBesideIsDiscardedByWillOrByTheNextOwner) {
  auto owner = own();
  fold_live(*owner);
  owner->make_beside(log_, *rules_).value().reset();
  owner->discard_beside();
  EXPECT_EQ(stores().size(), 1U);
  owner->make_beside(log_, *rules_).value().reset();
  EXPECT_EQ(stores().size(), 2U);
  owner.reset();
  owner = own();
  EXPECT_EQ(stores().size(), 1U);
  EXPECT_THAT(fold_live(*owner), IsEmpty());
}

TEST_F(ProjectionFolderTest, AStoreOfAnotherFormatIsDiscarded) {
  fold_live(*own());
  {
    const auto bytes = open_key_value(live_store_folder(folder_.path())).value();
    Writes writes;
    writes.put(state_key::format(), std::string("\x63\0\0\0\x02\0\0\0", 8));
    ASSERT_TRUE(bytes->write(writes));
    ASSERT_TRUE(bytes->flush());
  }
  EXPECT_EQ(digest_of_view(), digest_);
  EXPECT_THAT(view()->discarded, HasSubstr("format 99"));
  EXPECT_THAT(fold_live(*own()), HasSubstr("format 99"));
  EXPECT_EQ(stores(), std::vector<std::string>{"000002"});
}

TEST_F(ProjectionFolderTest, AStoreAheadOfTheLogIsDiscarded) {
  fold_live(*own());
  log_ = MemoryLog(2);
  EXPECT_THAT(own()->open_live(log_, *rules_)->discarded, HasSubstr("ahead"));
}

TEST_F(ProjectionFolderTest, ACorruptStoreIsDiscarded) {
  fold_live(*own());
  for (const auto& entry : std::filesystem::directory_iterator(live_store_folder(folder_.path()))) {
    if (entry.path().filename().string().starts_with("MANIFEST")) std::filesystem::resize_file(entry.path(), 3);
  }
  EXPECT_EQ(digest_of_view(), digest_);
  EXPECT_THAT(view()->discarded, HasSubstr("run hookledger rebuild"));
  fold_live(*own());
  EXPECT_THAT(view()->discarded, IsEmpty());
}

TEST_F(ProjectionFolderTest, ADamagedCurrentStartsAnew) {
  fold_live(*own());
  std::ofstream(folder_ / "projection/CURRENT") << "../../etc";
  EXPECT_THAT(fold_live(*own()), IsEmpty());
  EXPECT_EQ(stores().size(), 1U);
}

TEST_F(ProjectionFolderTest, AViewBesideAnOwnerSeesAllOfTheLog) {
  const auto owner = own();
  EXPECT_EQ(digest_of_view(), digest_);
  EXPECT_THAT(view()->discarded, IsEmpty());
  const auto live = owner->open_live(log_, *rules_).value();
  EXPECT_EQ(digest_of_view(), digest_);
  ASSERT_TRUE(catch_up(*live.store, log_, *rules_, 1));
  EXPECT_EQ(digest_of_view(), digest_);
  ASSERT_TRUE(live.store->flush());
  EXPECT_EQ(digest_of_view(), digest_);
}

}  // namespace
}  // namespace hookledger
