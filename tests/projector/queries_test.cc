#include "projector/queries.h"

#include <algorithm>
#include <gmock/gmock.h>
#include <set>

#include "projector/cursor.h"
#include "projector/fold.h"
#include "projector/folding.h"
#include "projector/rules/built_in_rules.h"
#include "tests/projector/history.h"
#include "tests/support/memory_log.h"

namespace hookledger {
namespace {

using testing::HistoryEvent;
using testing::kStart;
using testing::MemoryLog;
using testing::random_history;
using namespace std::chrono_literals;

class QueriesTest : public ::testing::Test {
 protected:
  void fold(const std::vector<HistoryEvent>& history) {
    for (const HistoryEvent& event : history) event.with_record([&](const RecordView& record) { log_.append(record); });
    ASSERT_TRUE(catch_up(*store_, log_, *rules_, 1));
  }

  /// All calls in the order of lists.
  std::vector<CallFacts> all_facts() {
    std::vector<CallFacts> all;
    EXPECT_TRUE(store_->for_each([&](std::string_view id, std::string_view bytes) {
      all.push_back(CallFacts::decode(id, bytes).value());
      return true;
    }));
    std::sort(all.begin(), all.end(), [](const CallFacts& a, const CallFacts& b) {
      return CallPosition{derive_call(a).first_at, a.call_id()} < CallPosition{derive_call(b).first_at, b.call_id()};
    });
    return all;
  }

  std::vector<std::string> paged_calls(const CallFilter& filter, std::size_t limit) {
    std::vector<std::string> ids;
    for (PageRequest page{limit, {}};;) {
      const auto got = queries_.calls(filter, page, now_).value();
      EXPECT_LE(got.items.size(), limit);
      for (const ListedCall& item : got.items) ids.push_back(item.call.id);
      if (got.next.empty()) return ids;
      EXPECT_EQ(got.items.size(), limit);
      page.cursor = got.next;
    }
  }

  using Key = std::tuple<std::string, Time, std::string, std::string>;
  static Key key(const Finding& finding) { return {finding.call_id, finding.opened_at, finding.rule, finding.id}; }

  std::vector<Key> paged_findings(const FindingFilter& filter, std::size_t limit) {
    std::vector<Key> keys;
    for (PageRequest page{limit, {}};;) {
      const auto got = queries_.findings(filter, page, now_).value();
      EXPECT_LE(got.items.size(), limit);
      for (const Finding& item : got.items) keys.push_back(key(item));
      if (got.next.empty()) return keys;
      page.cursor = got.next;
    }
  }

  std::vector<Key> expected_findings(const FindingFilter& filter) {
    std::vector<Key> keys;
    for (const CallFacts& facts : all_facts()) {
      std::vector<Key> of_call;
      for (const Finding& finding : rules_->findings(facts, filter.at.value_or(now_))) {
        if (filter.status && finding.status != *filter.status) continue;
        if (!filter.rule.empty() && finding.rule != filter.rule) continue;
        if (!filter.call_id.empty() && finding.call_id != filter.call_id) continue;
        of_call.push_back(key(finding));
      }
      std::sort(of_call.begin(), of_call.end());
      keys.insert(keys.end(), of_call.begin(), of_call.end());
    }
    return keys;
  }

  MemoryLog log_{3};
  std::unique_ptr<RuleSet> rules_ = built_in_rules();
  std::unique_ptr<CallStore> store_ = std::move(*CallStore::make(*open_key_value_overlay({}), make_shape(3, *rules_)));
  Queries queries_{*store_, *rules_};
  Time now_ = kStart + 5min;
};

TEST_F(QueriesTest, EveryFilterGivesWhatAWalkGivesInEveryPageSize) {
  auto random = seeded_generator();
  fold(random_history(random, 60));
  const auto facts = all_facts();
  for (int round = 0; round < 60; ++round) {
    CallFilter filter;
    if (random_below(random, 3) == 0) filter.status = static_cast<CallStatus>(1 + random_below(random, 5));
    if (random_below(random, 3) == 0) filter.organization = "org-" + std::to_string(random_below(random, 3));
    if (random_below(random, 3) == 0) filter.number = "+1555000" + std::to_string(random_below(random, 5));
    if (random_below(random, 3) == 0) filter.since = kStart + std::chrono::seconds(random_below(random, 30));
    if (random_below(random, 3) == 0) filter.until = kStart + std::chrono::seconds(random_below(random, 30));
    std::vector<std::string> expected;
    for (const CallFacts& candidate : facts) {
      const Call call = derive_call(candidate);
      const bool has_number =
          filter.number.empty() || std::any_of(call.legs.begin(), call.legs.end(), [&](const Leg& leg) {
            return leg.from == filter.number || leg.to == filter.number;
          });
      if (has_number && (!filter.status || call.status == *filter.status) &&
          (filter.organization.empty() || call.organization_id == filter.organization) &&
          (!filter.since || call.first_at >= *filter.since) && (!filter.until || call.first_at < *filter.until)) {
        expected.push_back(call.id);
      }
    }
    EXPECT_EQ(paged_calls(filter, 1 + random_below(random, 9)), expected);
    EXPECT_EQ(paged_calls(filter, 500), expected);
  }
}

TEST_F(QueriesTest, FindingsAreThoseOfAWalkAtAnyInstant) {
  auto random = seeded_generator();
  fold(random_history(random, 60));
  std::size_t found = 0;
  for (int round = 0; round < 60; ++round) {
    FindingFilter filter;
    const std::size_t status = random_below(random, 6);
    if (status < 3) filter.status = static_cast<FindingStatus>(status);
    if (status == 3) filter.status.reset();
    if (random_below(random, 3) == 0) {
      filter.rule = rules_->rules()[random_below(random, rules_->rules().size())].name;
    }
    if (random_below(random, 8) == 0) filter.call_id = testing::hostile_id("call", random_below(random, 60));
    const std::size_t horizon = random_below(random, 2) == 0 ? 40 : 600;
    if (random_below(random, 4) != 0) filter.at = kStart + std::chrono::seconds(random_below(random, horizon));
    const auto expected = expected_findings(filter);
    found += expected.size();
    EXPECT_EQ(paged_findings(filter, 1 + random_below(random, 9)), expected);
  }
  EXPECT_GT(found, 100U);
}

TEST_F(QueriesTest, OpenFindingsCostWhatIsDue) {
  std::vector<HistoryEvent> history;
  for (int i = 0; i < 50; ++i) {
    const std::string id = "call" + std::to_string(i);
    const Time at = kStart + (i < 5 ? 0s : 4min + 30s);
    history.push_back(
        {.id = id + "-event", .type = "call.initiated", .call = id, .leg = id, .occurred_at = at, .received_at = at});
  }
  fold(history);
  EXPECT_EQ(paged_findings({}, 2).size(), 5U);
  now_ += 1min;
  EXPECT_EQ(paged_findings({}, 7).size(), 50U);
}

TEST_F(QueriesTest, MoreDueCallsThanAreHeldAtOnceAreAllAsked) {
  std::vector<HistoryEvent> history;
  for (int i = 0; i < 10'050; ++i) {
    const std::string id = "call" + std::to_string(i);
    const Time at = kStart + std::chrono::milliseconds(i);
    const char* type = i < 3 ? "call.answered" : "call.initiated";
    history.push_back({.id = id, .type = type, .call = id, .leg = id, .occurred_at = at, .received_at = at});
  }
  fold(history);
  EXPECT_EQ(paged_findings({.rule = "missing-event", .call_id = {}, .at = {}}, 2).size(), 3U);
}

TEST_F(QueriesTest, ALegIsFoundByEitherId) {
  fold({{.id = "e",
         .type = "call.initiated",
         .call = std::string("c\0", 2),
         .leg = std::string("\0\xff", 2),
         .occurred_at = kStart,
         .received_at = kStart,
         .control_id = "control"}});
  EXPECT_EQ(queries_.call_of_leg("control").value()->call_id(), std::string("c\0", 2));
  EXPECT_EQ(queries_.call_of_leg(std::string("\0\xff", 2)).value()->call_id(), std::string("c\0", 2));
  for (const std::string& absent :
       {std::string("contro"), std::string("control2"), std::string(1, '\0'), std::string()}) {
    EXPECT_FALSE(queries_.call_of_leg(absent).value());
  }
}

TEST_F(QueriesTest, ACursorThatNoListGaveIsRefused) {
  for (const char* cursor : {"x", "====", "AAAA", "+/+/", "!"}) {
    EXPECT_EQ(queries_.calls({}, {.cursor = cursor}, now_).error().code, ErrorCode::kInvalid) << cursor;
    EXPECT_EQ(queries_.findings({}, {.cursor = cursor}, now_).error().code, ErrorCode::kInvalid) << cursor;
  }
  auto random = seeded_generator();
  for (int i = 0; i < 2000; ++i) {
    std::string cursor;
    for (std::size_t n = random_below(random, 40); n > 0; --n) cursor.push_back(static_cast<char>(random()));
    decode_call_cursor(cursor);
    decode_finding_cursor(cursor);
  }
}

TEST_F(QueriesTest, CursorsComeBack) {
  const std::string id("a\0\xff/", 4);
  EXPECT_EQ(decode_call_cursor(encode_cursor(CallPosition{kStart, id})), (CallPosition{kStart, id}));
  const auto finding = decode_finding_cursor(encode_cursor(FindingPosition{{kStart, id}, kStart - 1us, "rule", "id"}));
  ASSERT_TRUE(finding);
  EXPECT_EQ(finding->call, (CallPosition{kStart, id}));
  EXPECT_EQ(finding->opened_at, kStart - 1us);
  EXPECT_EQ(finding->rule + finding->id, "ruleid");
}

}  // namespace
}  // namespace hookledger
