#include "projector/list_page.h"

#include <gmock/gmock.h>
#include <numeric>

#include "projector/folding.h"
#include "projector/rules/built_in_rules.h"
#include "tests/projector/history.h"
#include "tests/support/memory_log.h"

namespace hookledger {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::kStart;
using testing::MemoryLog;
using testing::random_history;
using namespace std::chrono_literals;

constexpr std::uint32_t kPartitions = 5;
const Time kNow = kStart + 5min;

/// A list, asked of any number of stores that have some partitions each.
struct List {
  CursorReader read_cursor;
  std::function<ListPage(const CallStore&, std::vector<std::uint32_t>, const PageRequest&)> ask;
};

class ListPageTest : public ::testing::Test {
 protected:
  using Partitions = std::vector<std::uint32_t>;

  ListPageTest() {
    for (const auto& event : random_history(random_, 60)) {
      event.with_record([&](const RecordView& record) { log_.append(record); });
    }
    all_.resize(kPartitions);
    std::iota(all_.begin(), all_.end(), 0U);
  }

  /// The store of these partitions.
  const CallStore& store(const Partitions& partitions) {
    auto& made = stores_[partitions];
    if (made) return *made;
    made = CallStore::make(open_key_value_overlay({}).value(), make_shape(kPartitions, *rules_)).value();
    Folding folding(*made, *rules_);
    for (const std::uint32_t partition : partitions) {
      EXPECT_TRUE(fold_partition(folding, *made, log_, partition, 0, log_.end(partition), [](auto) { return true; }));
    }
    return *made;
  }

  /// Every partition in one of several groups, and some in two.
  std::vector<Partitions> split() {
    std::vector<Partitions> groups(1 + random_below(random_, kPartitions));
    for (const std::uint32_t partition : all_) {
      groups[random_below(random_, groups.size())].push_back(partition);
      auto& other = groups[random_below(random_, groups.size())];
      if (random_below(random_, 4) == 0 && (other.empty() || other.back() != partition)) other.push_back(partition);
    }
    std::erase_if(groups, [](const Partitions& group) { return group.empty(); });
    return groups;
  }

  std::vector<std::string> items_of_one(const List& list) {
    std::vector<std::string> items;
    for (const auto& item : list.ask(store(all_), all_, {100'000, {}}).items) items.push_back(item.json);
    return items;
  }

  /// Page by page, each from another split.
  std::vector<std::string> items_of_many(const List& list) {
    std::vector<std::string> items;
    for (PageRequest request{1 + random_below(random_, 20), {}};;) {
      std::vector<ListPage> pages;
      for (const Partitions& group : split()) {
        pages.push_back(list.ask(store(group), group, request));
        if (random_below(random_, 2) == 0) pages.back() = parse_peer_json(peer_json(pages.back())).value();
      }
      const ListPage page = merge_pages(pages, request.limit, kPartitions, list.read_cursor).value();
      EXPECT_EQ(page.partitions, all_);
      EXPECT_LE(page.items.size(), request.limit);
      for (const auto& item : page.items) items.push_back(item.json);
      if (page.next.empty()) return items;
      EXPECT_NE(page.next, request.cursor);
      request.cursor = page.next;
    }
  }

  List calls(const CallFilter& filter = {}) {
    return {read_call_cursor, [=, this](const CallStore& store, auto partitions, const PageRequest& request) {
              return list_page(Queries(store, *rules_).calls(filter, request, kNow).value(), partitions);
            }};
  }
  List findings(const FindingFilter& filter = {}) {
    return {read_finding_cursor, [=, this](const CallStore& store, auto partitions, const PageRequest& request) {
              return list_page(Queries(store, *rules_).findings(filter, request, kNow).value(), partitions);
            }};
  }

  std::mt19937_64 random_ = seeded_generator();
  MemoryLog log_{kPartitions};
  std::unique_ptr<RuleSet> rules_ = built_in_rules();
  Partitions all_;
  std::map<Partitions, std::unique_ptr<CallStore>> stores_;
};

TEST_F(ListPageTest, CallsOfManyStoresAreThoseOfOne) {
  CallFilter all, ended, of_number;
  ended.status = CallStatus::kEnded;
  of_number.number = "+15550001";
  for (const CallFilter& filter : {all, ended, of_number}) {
    const auto expected = items_of_one(calls(filter));
    ASSERT_GT(expected.size(), 5U);
    for (int i = 0; i < 30; ++i) ASSERT_EQ(items_of_many(calls(filter)), expected);
  }
}

TEST_F(ListPageTest, FindingsOfManyStoresAreThoseOfOne) {
  FindingFilter open, all, late;
  all.status = late.status = std::nullopt;
  late.rule = "late-event";
  for (const FindingFilter& filter : {open, all, late}) {
    const auto expected = items_of_one(findings(filter));
    ASSERT_GT(expected.size(), 20U);
    for (int i = 0; i < 30; ++i) ASSERT_EQ(items_of_many(findings(filter)), expected);
  }
}

TEST_F(ListPageTest, APartitionIsTakenFromOnePageThoughAnotherSaysElse) {
  const auto item = [](Duration age, const std::string& id) {
    return ListPage::Item{encode_cursor(CallPosition{kStart - age, id}), "\"" + id + "\""};
  };
  const std::uint32_t partition = partition_of("a", kPartitions);
  const ListPage newer{.items = {item(1s, "a")}, .next = {}, .partitions = {partition}};
  const ListPage older{.items = {item(5s, "a")}, .next = {}, .partitions = {partition}};
  const auto merged = merge_pages({newer, older}, 10, kPartitions, read_call_cursor).value();
  ASSERT_EQ(merged.items.size(), 1U);
  EXPECT_EQ(merged.items[0].cursor, newer.items[0].cursor);
  const ListPage strange{.items = {item(1s, "a")}, .next = {}, .partitions = {(partition + 1) % kPartitions}};
  EXPECT_THAT(merge_pages({strange}, 10, kPartitions, read_call_cursor).value().items, IsEmpty());
}

TEST_F(ListPageTest, WhatOnePageLeavesOutIsNotSkipped) {
  const std::uint32_t partition = partition_of("a", kPartitions), other = (partition + 1) % kPartitions;
  std::string elsewhere = "b";
  while (partition_of(elsewhere, kPartitions) != other) elsewhere += "b";
  const auto cursor = [](Duration age, const std::string& id) { return encode_cursor(CallPosition{kStart - age, id}); };
  const ListPage cut{.items = {}, .next = cursor(2s, "a"), .partitions = {partition}};
  const ListPage whole{
      .items = {{cursor(1s, elsewhere), "1"}, {cursor(3s, elsewhere), "3"}}, .next = {}, .partitions = {other}};
  const auto merged = merge_pages({cut, whole}, 10, kPartitions, read_call_cursor).value();
  ASSERT_EQ(merged.items.size(), 1U);
  EXPECT_EQ(merged.next, cut.next);
}

TEST_F(ListPageTest, APagePassedOnKeepsItsItemsByteForByte) {
  const ListPage page{
      .items = {{"c1", R"({"id":"\u202e\"","n":1.50})"}, {"c2", "[]"}}, .next = "c2", .partitions = {0, 4}};
  const auto parsed = parse_peer_json(peer_json(page)).value();
  ASSERT_EQ(parsed.items.size(), 2U);
  EXPECT_EQ(parsed.items[0].json, page.items[0].json);
  EXPECT_EQ(parsed.items[1].cursor, "c2");
  EXPECT_EQ(parsed.next, "c2");
  EXPECT_THAT(parsed.partitions, ElementsAre(0, 4));
  EXPECT_EQ(client_json(page), R"({"items":[{"id":"\u202e\"","n":1.50},[]],"next_cursor":"c2"})");
}

TEST_F(ListPageTest, AnAnswerThatIsNoPageIsRefused) {
  for (const char* json : {"", "{}", "[]", "{\"items\":[],\"next_cursor\":null,\"cursors\":[\"c\"],\"partitions\":[]}",
                           "{\"items\":[1],\"next_cursor\":null,\"cursors\":[],\"partitions\":[]}",
                           "{\"items\":[],\"next_cursor\":null,\"cursors\":[],\"partitions\":[-1]}"}) {
    EXPECT_EQ(parse_peer_json(json).error().code, ErrorCode::kInvalid) << json;
  }
  const ListPage page{.items = {{"no cursor", "1"}}, .next = {}, .partitions = {0}};
  EXPECT_EQ(merge_pages({page}, 10, kPartitions, read_call_cursor).error().code, ErrorCode::kInvalid);
  const ListPage end{.items = {}, .next = "no cursor", .partitions = {0}};
  EXPECT_EQ(merge_pages({end}, 10, kPartitions, read_call_cursor).error().code, ErrorCode::kInvalid);
}

}  // namespace
}  // namespace hookledger
