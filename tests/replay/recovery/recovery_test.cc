#include "replay/recovery/recovery.h"

#include <gmock/gmock.h>

#include "replay/recovery/recovery_by_hand.h"
#include "schemas/json.h"
#include "tests/replay/recovery/recoveries_fixture.h"

namespace hookledger::testing {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_F(Recoveries, WhatWasLostTakesItsPlaceAndIsMarked) {
  scene_.deliver(body_of("c", "initiated", kStart), kStart + 1s);
  tale_.events["leg-of-c"] = {body_of("c", "initiated", kStart), body_of("c", "answered", kStart + 1s),
                              body_of("c", "hangup", kStart + 2s)};
  const CallRecovery found = ask("c");
  EXPECT_EQ(found.lost, 2u);
  EXPECT_EQ(found.recovered, 2u);
  EXPECT_EQ(found.known, 1u);
  EXPECT_EQ(found.closed + found.alive + found.unknown, 0u);
  EXPECT_EQ(scene_.call("c").status, CallStatus::kEnded);
  EXPECT_EQ(scene_.call("c").ended_at, kStart + 2s);
  EXPECT_THAT(scene_.provenances("c"),
              ElementsAre(Provenance::kDelivered, Provenance::kRecovered, Provenance::kRecovered));
  const CallRecovery again = ask("c");
  EXPECT_EQ(again.lost, 0u);
  EXPECT_EQ(again.known, 3u);
  EXPECT_THAT(scene_.provenances("c"), SizeIs(3));
}

TEST_F(Recoveries, TheRecordSaysWhereAndWhenItWasFetched) {
  tale_.failed = {body_of("c", "hangup", kStart)};
  clock_.advance(5min);
  ASSERT_TRUE(recovery_.sweep(kStart, kStart + 1h, 1, {.reason = "sweep"}, {}));
  const auto facts = recovery_.known("c").value().value();
  const auto stored = scene_.log().log().read({facts.partition(), 0}).value();
  const RecordView record = decode_record(stored.bytes).value();
  EXPECT_EQ(record.provenance, Provenance::kRecovered);
  EXPECT_EQ(record.recovered_from, "/v2" + api_.asked.front());
  EXPECT_EQ(record.received_at, kStart + 1h + 5min);
  EXPECT_EQ(record.occurred_at, kStart);
  EXPECT_EQ(record.signature, "");
  EXPECT_EQ(record.id, "c/hangup");
}

TEST_F(Recoveries, ADryRunAppendsNothingAndSaysTheSame) {
  scene_.deliver(body_of("c", "initiated", kStart), kStart);
  tale_.events["leg-of-c"] = {body_of("c", "answered", kStart + 1s)};
  tale_.legs["control-of-c"] = leg_answer(ended_at(kStart + 9s));
  const CallRecovery dry = ask("c", true);
  EXPECT_EQ(dry.lost, 1u);
  EXPECT_EQ(dry.recovered, 0u);
  EXPECT_EQ(dry.closed, 1u);
  EXPECT_THAT(scene_.provenances("c"), SizeIs(1));
  const CallRecovery wet = ask("c");
  EXPECT_EQ(wet.lost, dry.lost);
  EXPECT_EQ(wet.closed, dry.closed);
  EXPECT_THAT(scene_.provenances("c"), SizeIs(3));
}

TEST_F(Recoveries, NoCallIsEndedThatMayBeAlive) {
  scene_.deliver(body_of("c", "initiated", kStart), kStart);
  scene_.deliver(body_of("c", "answered", kStart + 20s), kStart + 20s);
  const std::string future = ended_at(clock_.wall() + 1h), before_the_answer = ended_at(kStart + 10s);
  for (const ApiAnswer& answer :
       {ApiAnswer{.status = 404}, ApiAnswer{.status = 422}, ApiAnswer{.status = 200, .body = "no JSON"},
        leg_answer(R"({"is_alive":false})"), leg_answer(R"({"is_alive":false,"end_time":null})"), leg_answer("{}"),
        leg_answer(future), leg_answer(before_the_answer)}) {
    tale_.legs["control-of-c"] = answer;
    EXPECT_EQ(ask("c").unknown, 1u) << answer.body;
    EXPECT_EQ(scene_.call("c").status, CallStatus::kAnswered) << answer.body;
  }
  tale_.legs["control-of-c"] = leg_answer(R"({"call_leg_id":"another",)" + ended_at(kStart + 30s).substr(1));
  EXPECT_EQ(ask("c").unknown, 1u) << "of another leg";
  tale_.legs["control-of-c"] = leg_answer(R"({"is_alive":true,"end_time":"2026-02-08T10:00:30Z"})");
  EXPECT_EQ(ask("c").alive, 1u);
  tale_.legs["control-of-c"] = {.status = 500};
  EXPECT_EQ(recovery_.ask("c", {}, {.reason = "no-end"}, {}).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(scene_.call("c").status, CallStatus::kAnswered);
  EXPECT_THAT(scene_.provenances("c"), Each(Provenance::kDelivered));
}

TEST_F(Recoveries, ADeadLegIsClosedByOneSyntheticRecord) {
  scene_.deliver(body_of("c", "initiated", kStart), kStart);
  tale_.legs["control-of-c"] = leg_answer(ended_at(kStart + 9s));
  EXPECT_EQ(ask("c").closed, 1u);
  EXPECT_EQ(ask("c").closed, 0u);
  EXPECT_THAT(scene_.provenances("c"), ElementsAre(Provenance::kDelivered, Provenance::kSynthetic));
  EXPECT_EQ(scene_.call("c").ended_at, kStart + 9s);
  EXPECT_EQ(scene_.call("c").hangup_cause, "");
  scene_.deliver(body_of("c", "hangup", kStart + 8s), kStart + 1h);
  EXPECT_EQ(scene_.call("c").ended_at, kStart + 8s) << "the signed one counts";
}

TEST_F(Recoveries, ALegIsNotClosedWhileItsHangupMayBeOnItsWay) {
  scene_.deliver(body_of("c", "initiated", kStart), kStart);
  tale_.legs["control-of-c"] = leg_answer(ended_at(clock_.wall() - 119s));
  EXPECT_EQ(ask("c").unknown, 1u);
  EXPECT_EQ(scene_.call("c").status, CallStatus::kInitiated);
  clock_.advance(1s);
  EXPECT_EQ(ask("c").closed, 1u);
}

TEST_F(Recoveries, AListThatIsNotThereIsNotAnEmptyOne) {
  scene_.deliver(body_of("c", "initiated", kStart), kStart);
  for (const unsigned status : {404u, 410u, 422u}) {
    api_.answer = [&](const std::string&) { return ApiAnswer{.status = status}; };
    const auto swept = recovery_.sweep(kStart, kStart + 1h, 1, {.reason = "sweep"}, {});
    ASSERT_FALSE(swept) << status;
    EXPECT_EQ(swept.error().code, ErrorCode::kInvalid);
    EXPECT_THAT(swept.error().detail, HasSubstr(std::to_string(status) + ": is the API URL right?"));
    std::set<std::string> active;
    const auto asked = recovery_.ask_active("connection", {}, {.reason = "active-calls"}, active, {});
    ASSERT_FALSE(asked) << status;
    EXPECT_THAT(asked.error().detail, HasSubstr("api-connection"));
    EXPECT_THAT(recovery_.ask("c", {}, {.reason = "no-end"}, {}).error().detail, HasSubstr("is the API URL right?"));
    api_.answer = [&](const std::string& target) {
      return target.starts_with("/webhook_deliveries") ? tale_(target) : ApiAnswer{.status = status};
    };
    EXPECT_EQ(ask("c").unknown, 1u) << "a leg may be unknown to the API";
  }
}

TEST_F(Recoveries, WhatCannotBeReadIsReportedAndCounted) {
  scene_.deliver(body_of("c", "initiated", kStart), kStart);
  const std::string strange = R"({"data":[7,{"type":"webhook","metadata":{}}]})";
  api_.answer = [&](const std::string& target) {
    return target.starts_with("/calls/") ? ApiAnswer{.status = 404} : ApiAnswer{.status = 200, .body = strange};
  };
  EXPECT_EQ(ask("c").unreadable, 2u);
  const auto swept = recovery_.sweep(kStart, kStart + 1h, 1, {.reason = "sweep"}, {});
  ASSERT_TRUE(swept);
  ASSERT_THAT(swept->calls, SizeIs(1));
  EXPECT_EQ(swept->calls[0].call_id, "");
  EXPECT_EQ(swept->calls[0].unreadable, 2u);
  EXPECT_THAT(scene_.metrics().text(), HasSubstr("unreadable_total{reason=\"sweep\",source=\"telnyx\"} 2"));
}

TEST_F(Recoveries, AnApiThatTellsWithoutEndIsNotAskedWithoutEnd) {
  scene_.deliver(body_of("c", "initiated", kStart), kStart);
  bool same = true;
  api_.answer = [&](const std::string& target) {
    if (!target.starts_with("/call_events")) return ApiAnswer{.status = 404};
    std::string items;
    for (int i = 0; i < 100; ++i) {
      const std::string id = same ? std::to_string(i) : std::to_string(i) + "-" + std::to_string(api_.asked.size());
      items += (i == 0 ? "" : ",") +
               (R"({"type":"webhook","metadata":{"event":{"event_type":"call.hangup","id":")" + id + R"("}}})");
    }
    return ApiAnswer{.status = 200, .body = R"({"data":[)" + items + "]}"};
  };
  const RecoveryMode dry{.reason = "no-end", .dry_run = true};
  ASSERT_TRUE(recovery_.ask("c", {}, dry, {}));
  EXPECT_LE(api_.asked.size(), 3u) << "a page that brings nothing new is the last";
  same = false;
  api_.asked.clear();
  ASSERT_TRUE(recovery_.ask("c", {}, dry, {}));
  EXPECT_LE(api_.asked.size(), 101u);
}

TEST_F(Recoveries, ALostHangupIsFetchedRatherThanMadeUp) {
  scene_.deliver(body_of("c", "initiated", kStart), kStart);
  tale_.events["leg-of-c"] = {body_of("c", "hangup", kStart + 8s)};
  tale_.legs["control-of-c"] = leg_answer(ended_at(kStart + 9s));
  for (const bool dry_run : {true, false}) EXPECT_EQ(ask("c", dry_run).closed, 0u);
  EXPECT_EQ(scene_.call("c").ended_at, kStart + 8s);
}

TEST_F(Recoveries, PagesAreReadToTheirEndAndGoOnAfterAFailure) {
  for (int i = 0; i < 25; ++i) tale_.failed.push_back(body_of("call-" + std::to_string(i), "hangup", kStart));
  tale_.page_size = 10;
  std::uint64_t page = 1;
  for (int tries = 0; tries < 100; ++tries) {
    api_.answer = [&, n = 0](const std::string& target) mutable {
      return tries % 2 == 0 || n++ > 0 ? ApiAnswer{.status = 503} : tale_(target);
    };
    const auto found = recovery_.sweep(kStart, kStart + 1h, page, {.reason = "sweep"}, {});
    clock_.advance(10min);  // Whoever failed is tried again.
    if (!found) continue;
    EXPECT_EQ(found->pages, 3u);
    if (found->last) break;
    ++page;
  }
  EXPECT_EQ(page, 3u);
  for (int i = 0; i < 25; ++i) {
    EXPECT_THAT(scene_.provenances("call-" + std::to_string(i)), ElementsAre(Provenance::kRecovered)) << i;
  }
}

TEST_F(Recoveries, ALogThatCannotBeWrittenIsAnErrorAndNothingIsCounted) {
  tale_.failed = {body_of("c", "hangup", kStart)};
  scene_.log().log().stop();
  EXPECT_FALSE(recovery_.sweep(kStart, kStart + 1h, 1, {.reason = "sweep"}, {}));
  EXPECT_THAT(scene_.metrics().text(), ::testing::Not(HasSubstr("recovered_total{")));
}

TEST_F(Recoveries, WhatCanNeverBeAppendedHoldsUpNothingAndIsCountedOnce) {
  for (const char* call : {"a", "b", "c"}) tale_.failed.push_back(body_of(call, "hangup", kStart));
  ErrorCode code = ErrorCode::kUnavailable;
  const auto append = [&, all = appends_to(scene_.log().log())](std::vector<Append> appends) {
    std::vector<Result<Appended>> results;
    for (Append& one : appends) {
      const bool refused = decode_record(one.record)->id == "b/hangup";
      results.push_back(refused ? Error{code, "refused"} : all({std::move(one)}).front());
    }
    return results;
  };
  Recovery recovery{"telnyx",
                    scene_.log().log().partitions(),
                    {telnyx_, append, scene_.states(), clock_, scene_.logger(), scene_.metrics()}};
  const auto sweep = [&] { return recovery.sweep(kStart, kStart + 1h, 1, {.reason = "sweep"}, {}); };
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(sweep()) << "it may be appended later";
  EXPECT_THAT(scene_.metrics().text(), HasSubstr(R"(lost_total{reason="sweep",source="telnyx"} 3)"));
  code = ErrorCode::kInvalid;
  Recovery another{"telnyx",
                   scene_.log().log().partitions(),
                   {telnyx_, append, scene_.states(), clock_, scene_.logger(), scene_.metrics()}};
  for (int i = 0; i < 3; ++i) {
    const auto page = another.sweep(kStart, kStart + 1h, 1, {.reason = "again"}, {});
    ASSERT_TRUE(page) << page.error().detail;
    EXPECT_EQ(page->calls.at(1).lost, 1u);
    EXPECT_EQ(page->calls.at(1).recovered, 0u);
  }
  EXPECT_THAT(scene_.metrics().text(), HasSubstr(R"(given_up_total{reason="again",source="telnyx"} 1)"));
  EXPECT_THAT(scene_.provenances("c"), ElementsAre(Provenance::kRecovered));
}

TEST_F(Recoveries, ABodyThatIsLargerThanAWebhookMayBeIsGivenUp) {
  tale_.failed = {body_of(std::string(1000, 'a'), "hangup", kStart), body_of("b", "hangup", kStart)};
  Recovery recovery{"telnyx",
                    scene_.log().log().partitions(),
                    {telnyx_, appends_to(scene_.log().log()), scene_.states(), clock_, scene_.logger(),
                     scene_.metrics(), false, 1000}};
  ASSERT_TRUE(recovery.sweep(kStart, kStart + 1h, 1, {.reason = "sweep"}, {}));
  EXPECT_THAT(scene_.provenances(std::string(1000, 'a')), IsEmpty());
  EXPECT_THAT(scene_.provenances("b"), ElementsAre(Provenance::kRecovered));
  EXPECT_THAT(scene_.metrics().text(), HasSubstr(R"(given_up_total{reason="sweep",source="telnyx"} 1)"));
}

TEST_F(Recoveries, APageThatIsToldForEverEndsASweepByHand) {
  tale_.failed = {body_of("c", "hangup", kStart)};
  api_.answer = [&](const std::string& target) {
    ApiAnswer answer = tale_(target);
    answer.body.insert(answer.body.rfind("}}"), "000000");  // Pages.
    return answer;
  };
  RecoveryRequest request;
  request.since = kStart;
  unsigned steps = 0;
  do {
    const auto step = recover_by_hand({&recovery_}, request, kStart + 1h, {}).value();
    request.cursor = step.next;
  } while (++steps < 100 && !request.cursor.empty());
  EXPECT_EQ(steps, 2U);
}

TEST_F(Recoveries, AStateThatIsNotOpenYetIsNobodyElses) {
  tale_.failed = {body_of("c", "hangup", kStart)};
  Recovery recovery{"telnyx",
                    scene_.log().log().partitions(),
                    {telnyx_, appends_to(scene_.log().log()),
                     [] {
                       return StatesHere{{}, false};
                     },
                     clock_, scene_.logger(), scene_.metrics()}};
  EXPECT_EQ(recovery.sweep(kStart, kStart + 1h, 1, {.reason = "sweep"}, {}).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(recovery.known("c").error().code, ErrorCode::kUnavailable);
}

TEST_F(Recoveries, WhatBelongsToNoCallIsRecoveredWhereTheLogKnowsIds) {
  tale_.failed = {R"({"data":{"event_type":"message.received","id":"m","payload":{"text":"x"}}})"};
  const auto records = [&] {
    std::uint64_t count = 0;
    for (std::uint32_t p = 0; p < scene_.log().log().partitions(); ++p) count += scene_.log().log().end(p);
    return count;
  };
  Recovery calls_only{
      "telnyx",
      scene_.log().log().partitions(),
      {telnyx_, appends_to(scene_.log().log()), scene_.states(), clock_, scene_.logger(), scene_.metrics(), true}};
  ASSERT_TRUE(calls_only.sweep(kStart, kStart + 1h, 1, {.reason = "sweep"}, {}));
  EXPECT_EQ(records(), 0u);
  for (int round = 0; round < 3; ++round) {
    const auto found = recovery_.sweep(kStart, kStart + 1h, 1, {.reason = "sweep"}, {});
    ASSERT_TRUE(found);
    EXPECT_EQ(found->calls.at(0).lost, round == 0 ? 1u : 0u);
    EXPECT_EQ(found->calls.at(0).known, round == 0 ? 0u : 1u);
  }
  EXPECT_EQ(records(), 1u);
}

TEST_F(Recoveries, ByHandTheyGoOnWhereTheCursorSays) {
  for (int i = 0; i < 5; ++i) tale_.failed.push_back(body_of("call-" + std::to_string(i), "hangup", kStart));
  tale_.page_size = 2;
  RecoveryRequest request{.call_id = {}, .since = kStart, .dry_run = false, .cursor = {}};
  std::size_t calls = 0, steps = 0;
  do {
    const auto step = recover_by_hand({&recovery_}, request, clock_.wall(), {});
    ASSERT_TRUE(step) << step.error().detail;
    JsonWriter json;
    write_json(json, *step);
    const auto read = parse_recovery_step(json.view());
    ASSERT_TRUE(read) << read.error().detail;
    EXPECT_EQ(read->next, step->next);
    calls += read->calls.size();
    request.cursor = read->next;
    ++steps;
  } while (!request.cursor.empty());
  EXPECT_EQ(calls, 5u);
  EXPECT_EQ(steps, 3u);
  for (const char* cursor :
       {"x", "0", "0-1", "0-1-1", "0-1-0-0", "1-1-1-0", "0-1-1-1-1", "0-99999999999999999999-1-0", "---", "0--1-0"}) {
    request.cursor = cursor;
    const auto step = recover_by_hand({&recovery_}, request, clock_.wall(), {});
    ASSERT_FALSE(step) << cursor;
    EXPECT_EQ(step.error().code, ErrorCode::kInvalid) << cursor;
  }
  EXPECT_EQ(recover_by_hand({}, request, clock_.wall(), {}).error().code, ErrorCode::kUsage);
  EXPECT_EQ(
      recover_by_hand({&recovery_}, {.call_id = "nobody", .since = {}, .cursor = {}}, clock_.wall(), {}).error().code,
      ErrorCode::kNotFound);
}

}  // namespace
}  // namespace hookledger::testing
