#include "projector/api.h"

#include <gmock/gmock.h>

#include "projector/folding.h"
#include "projector/health.h"
#include "projector/rules/built_in_rules.h"
#include "tests/projector/history.h"
#include "tests/support/manual_clock.h"
#include "tests/support/memory_log.h"

namespace hookledger {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::HistoryEvent;
using testing::kStart;
using testing::ManualClock;
using testing::MemoryLog;
using ::testing::Not;
using ::testing::Pair;
using ::testing::StartsWith;
using namespace std::chrono_literals;

class ApiTest : public ::testing::Test {
 protected:
  ApiTest() {
    append({.id = "e1",
            .type = "call.initiated",
            .call = kCall,
            .leg = "leg/1",
            .occurred_at = kStart,
            .received_at = kStart + 1s,
            .control_id = "v3:a+b",
            .direction = "incoming",
            .from = "+1555",
            .organization = "org"});
    append({.id = "e2",
            .type = "call.hangup",
            .call = kCall,
            .leg = "leg/1",
            .occurred_at = kStart + 10s,
            .received_at = kStart + 20s});
    append({.id = "e3",
            .type = "call.initiated",
            .call = "open",
            .leg = "leg2",
            .occurred_at = kStart + 5s,
            .received_at = kStart + 6s});
    EXPECT_TRUE(catch_up(*store_, log_, *rules_, 1));
    add_health_routes(router_, readiness_, metrics_);
    add_api_routes(router_, {[this] { return std::vector<std::shared_ptr<State>>{state_}; },
                             log_,
                             [this] { return rules_; },
                             clock_,
                             {},
                             "openapi: 3.1.0"});
  }

  /// Of all partitions.
  struct FakeState : State {
    explicit FakeState(const Queries& queries) : queries_(queries) {}
    const std::vector<std::uint32_t>& partitions() const override { return partitions_; }
    const Queries& queries() const override { return queries_; }
    bool settle(std::optional<std::uint32_t> partition, std::chrono::milliseconds) override {
      settled.push_back(partition);
      return in_time;
    }
    const Queries& queries_;
    const std::vector<std::uint32_t> partitions_{0, 1, 2};
    bool in_time = true;  ///< Whether it has everything within the wait.
    std::vector<std::optional<std::uint32_t>> settled;
  };

  Place append(const HistoryEvent& event) {
    return event.with_record([&](const RecordView& record) { return log_.append(record); });
  }

  ApiResponse get(std::string_view path, std::string_view query = {}) { return router_.handle({"GET", path, query}); }

  void expect_problem(const ApiResponse& response, unsigned status, std::string_view code,
                      std::string_view detail = {}) {
    EXPECT_EQ(response.status, status);
    EXPECT_EQ(response.content_type, "application/problem+json");
    EXPECT_THAT(response.body, HasSubstr("urn:hookledger:problem:" + std::string(code) + "\""));
    EXPECT_THAT(response.body, HasSubstr(std::string(detail)));
  }

  inline static const std::string kCall = std::string("a/b c\0%", 7);
  static constexpr std::string_view kCallPath = "/v1/calls/a%2Fb%20c%00%25";

  MemoryLog log_{3};
  std::shared_ptr<RuleSet> rules_ = built_in_rules();
  std::unique_ptr<CallStore> store_ = std::move(*CallStore::make(*open_key_value_overlay({}), make_shape(3, *rules_)));
  Queries queries_{*store_, *rules_};
  ManualClock clock_{kStart + 1h};
  Metrics metrics_;
  Readiness readiness_;
  Router router_;
  std::shared_ptr<FakeState> state_ = std::make_shared<FakeState>(queries_);
};

TEST_F(ApiTest, AReadThatCannotSeeEveryDurableRecordInTimeIsNotReady) {
  state_->in_time = false;
  for (const char* path : {"/v1/calls", "/v1/calls/open", "/v1/legs/leg2", "/v1/findings"}) {
    SCOPED_TRACE(path);
    expect_problem(get(path), 503, "not-ready");
  }
}

TEST_F(ApiTest, ACallIsFoundByItsEncodedIdAfterItsPartitionHasSettled) {
  const auto response = get(kCallPath);
  EXPECT_EQ(response.status, 200U);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_THAT(response.body, HasSubstr(R"("status":"ended")"));
  EXPECT_THAT(response.body, HasSubstr(R"("findings":[])"));
  EXPECT_THAT(state_->settled, ElementsAre(partition_of(kCall, 3)));
  expect_problem(get("/v1/calls/other"), 404, "call-not-found");
}

TEST_F(ApiTest, ACallAsOfAnInstantKnowsWhatWasThereByThen) {
  EXPECT_THAT(get(kCallPath, "at=2026-02-08T10:00:15Z").body, HasSubstr(R"("status":"initiated")"));
  EXPECT_THAT(get(kCallPath, "at=2026-02-08T10:00:15Z&by=arrival").body, HasSubstr(R"("status":"initiated")"));
  EXPECT_THAT(get(kCallPath, "at=2026-02-08T10:00:15Z&by=occurrence").body, HasSubstr(R"("status":"ended")"));
  EXPECT_THAT(get(kCallPath, "at=-10m").body, HasSubstr(R"("status":"ended")"));
  expect_problem(get(kCallPath, "at=2026-02-08T10:00:00.999999Z"), 404, "call-not-found");
  for (const char* offset : {"at=2026-02-08T12:00:15%2B02:00", "at=2026-02-08T12:00:15+02:00"}) {
    EXPECT_THAT(get(kCallPath, offset).body, HasSubstr(R"("status":"initiated")"));
  }
}

TEST_F(ApiTest, FindingsOfACallFollowTheClockAsked) {
  EXPECT_THAT(get("/v1/calls/open").body, HasSubstr(R"("findings":["no-answer-no-end"])"));
  EXPECT_THAT(get("/v1/calls/open", "at=2026-02-08T10:00:30Z").body, HasSubstr(R"("findings":[])"));
}

TEST_F(ApiTest, ALegIsFoundByLegIdAndControlId) {
  EXPECT_THAT(get("/v1/legs/leg%2F1").body, HasSubstr(R"("control_id":"v3:a+b")"));
  EXPECT_EQ(get("/v1/legs/v3:a+b").body, get("/v1/legs/leg%2F1").body);
  EXPECT_EQ(get("/v1/legs/v3%3Aa%2Bb").status, 200U);
  expect_problem(get("/v1/legs/none"), 404, "leg-not-found");
  EXPECT_EQ(state_->settled.front(), std::nullopt);
}

TEST_F(ApiTest, ListsHavePagesAndFilters) {
  const auto first = get("/v1/calls", "limit=1");
  EXPECT_THAT(first.body, StartsWith(R"({"items":[{"id":"open")"));
  const std::string mark = R"("next_cursor":")";
  const std::size_t at = first.body.find(mark);
  ASSERT_NE(at, std::string::npos);
  const std::string cursor = first.body.substr(at + mark.size(), first.body.rfind('"') - at - mark.size());
  const auto second = get("/v1/calls", "limit=1&cursor=" + cursor);
  EXPECT_THAT(second.body, HasSubstr(R"({"items":[{"id":"a/b c)"));
  EXPECT_THAT(second.body, HasSubstr(R"("next_cursor":null})"));
  EXPECT_EQ(get("/v1/calls", "status=bridged").body, R"({"items":[],"next_cursor":null})");
  for (const char* query :
       {"status=ended", "org=org", "number=%2B1555", "number=+1555", "until=2026-02-08T10:00:05Z"}) {
    EXPECT_THAT(get("/v1/calls", query).body, HasSubstr("a/b c")) << query;
    EXPECT_THAT(get("/v1/calls", query).body, Not(HasSubstr("leg2"))) << query;
  }
  EXPECT_THAT(get("/v1/calls", "since=2026-02-08T10:00:05Z").body, Not(HasSubstr("a/b c")));
}

TEST_F(ApiTest, FindingsAreOpenOnesNowUnlessAskedOtherwise) {
  EXPECT_THAT(get("/v1/findings").body, HasSubstr("no-answer-no-end"));
  EXPECT_THAT(get("/v1/findings").body, Not(HasSubstr("late-event")));
  EXPECT_THAT(get("/v1/findings", "status=all").body, HasSubstr("late-event"));
  EXPECT_THAT(get("/v1/findings", "status=noted&call=a%2Fb%20c%00%25&rule=late-event").body, HasSubstr("late-event"));
  EXPECT_EQ(get("/v1/findings", "at=2026-02-08T10:00:10Z").body, R"({"items":[],"next_cursor":null})");
}

TEST_F(ApiTest, ARecordIsACloudEventOrItsExactBody) {
  const HistoryEvent event{
      .id = "raw", .type = "call.initiated", .call = "x", .leg = "y", .occurred_at = kStart, .received_at = kStart};
  const Place place = append(event);
  const std::string path = "/v1/records/" + std::to_string(place.partition) + "/" + std::to_string(place.offset);
  const auto record = get(path);
  EXPECT_EQ(record.content_type, "application/cloudevents+json");
  EXPECT_THAT(record.body, HasSubstr(R"("specversion":"1.0")"));
  EXPECT_THAT(record.body, HasSubstr("\"offset\":\"" + std::to_string(place.offset) + "\""));
  const auto raw = get(path, "raw");
  EXPECT_EQ(raw.body, event.body());
  EXPECT_EQ(raw.content_type, "application/octet-stream");
  EXPECT_THAT(raw.headers, ElementsAre(Pair("X-Content-Type-Options", "nosniff")));
  expect_problem(get("/v1/records/9/0"), 404, "record-not-found");
  expect_problem(get("/v1/records/4294967296/0"), 404, "record-not-found");
  expect_problem(get("/v1/records/0/18446744073709551615"), 404, "record-not-found");
  expect_problem(get("/v1/records/x/0"), 400, "bad-parameter", "partition");
  expect_problem(get("/v1/records/0/-1"), 400, "bad-parameter", "offset");
  log_.replace(place, "damaged");
  expect_problem(get(path), 500, "internal");
}

TEST_F(ApiTest, ABadParameterIsNamed) {
  for (const auto& [path, query, name] : std::vector<std::array<const char*, 3>>{
           {"/v1/calls", "limit=0", "limit"},
           {"/v1/calls", "limit=501", "limit"},
           {"/v1/calls", "limit=x", "limit"},
           {"/v1/calls", "status=none", "status"},
           {"/v1/calls", "status=", "status"},
           {"/v1/calls", "since=yesterday", "since"},
           {"/v1/calls", "until=2026-02-30T00:00:00Z", "until"},
           {"/v1/calls", "cursor=x", "cursor"},
           {"/v1/calls", "colour=red", "colour"},
           {"/v1/calls", "org=a&org=b", "org"},
           {"/v1/calls", "org=%zz", "org"},
           {"/v1/calls", "org=%4", "org"},
           {"/v1/calls", "%=1", "%"},
           {"/v1/calls/open", "at=", "at"},
           {"/v1/calls/open", "by=name", "by"},
           {"/v1/calls/%f", "", "id"},
           {"/v1/findings", "status=closed", "status"},
           {"/v1/findings", "at=soon", "at"},
           {"/v1/findings", "cursor=x", "cursor"},
           {"/v1/findings", "rule=no-such-rule", "rule"},
           {"/v1/findings", "rule=", "rule"},
       }) {
    SCOPED_TRACE(std::string(path) + "?" + query);
    expect_problem(get(path, query), 400, "bad-parameter", std::string("\"detail\":\"") + name + " ");
  }
}

TEST_F(ApiTest, EmptyPartsOfAQueryAreNoParameters) {
  for (const char* query : {"&", "&&", "limit=1&", "&limit=1", "limit=1&&org=org"}) {
    EXPECT_EQ(get("/v1/calls", query).status, 200U) << query;
  }
  expect_problem(get("/v1/calls", "&=1"), 400, "bad-parameter");
}

TEST_F(ApiTest, WhatAnyoneMayProbeIgnoresAQuery) {
  for (const char* path : {"/healthz", "/readyz", "/metrics", "/openapi.yaml"}) {
    for (const char* query : {"x", "x=1", "a=b&a=b", "%zz", "&"}) EXPECT_EQ(get(path, query).status, 200U) << path;
  }
}

TEST_F(ApiTest, PathThenMethodAreRefusedBeforeTheRestHasCome) {
  EXPECT_EQ(router_.refusal({"GET", kCallPath, "colour=red"}), std::nullopt);
  EXPECT_EQ(router_.refusal({"HEAD", "/healthz", {}}), std::nullopt);
  expect_problem(router_.refusal({"POST", "/nowhere", {}}).value(), 404, "not-found");
  expect_problem(router_.refusal({"POST", "/v1/calls", {}}).value(), 405, "method-not-allowed");
}

TEST_F(ApiTest, OnlyReadingIsAllowedAndOnlyWhatIsThere) {
  for (const char* method : {"POST", "PUT", "DELETE", "get", ""}) {
    const auto response = router_.handle({method, "/v1/calls", {}});
    expect_problem(response, 405, "method-not-allowed");
    EXPECT_THAT(response.headers, ElementsAre(Pair("Allow", "GET, HEAD")));
  }
  EXPECT_EQ(router_.handle({"HEAD", "/v1/calls", {}}).body, get("/v1/calls").body);
  for (const char* path : {"", "/", "*", "/v1", "/v1/calls/", "/v1/calls/a/b", "/v1/records/1", "//v1/calls",
                           "/V1/calls", "/v1/calls/open/"}) {
    expect_problem(get(path), 404, "not-found");
  }
}

TEST_F(ApiTest, RoutesCanBeAdded) {
  router_.add("/v1/calls/{id}/records", {"at"}, [](const ApiArguments& arguments) {
    return ApiResponse{.body = arguments.segments[0] + arguments.get("at"), .headers = {}};
  });
  EXPECT_EQ(get("/v1/calls/a%2Fb/records", "at=1").body, "a/b1");
}

TEST_F(ApiTest, HealthReadinessMetricsAndDescription) {
  EXPECT_EQ(get("/healthz").body, R"({"status":"ok"})");
  EXPECT_EQ(get("/readyz").body, R"({"status":"ready"})");
  std::optional<std::string> waiting = "3 records";
  readiness_.add("projection", [&] { return waiting; });
  const auto response = get("/readyz");
  expect_problem(response, 503, "not-ready", "projection: 3 records");
  EXPECT_THAT(response.headers, ElementsAre(Pair("Retry-After", "1")));
  waiting.reset();
  EXPECT_EQ(get("/readyz").status, 200U);
  metrics_.counter("hookledger_test_total", "Test").add();
  EXPECT_THAT(get("/metrics").body, HasSubstr("hookledger_test_total 1"));
  EXPECT_THAT(get("/metrics").content_type, StartsWith("text/plain; version=0.0.4"));
  EXPECT_EQ(get("/openapi.yaml").body, "openapi: 3.1.0");
}

TEST_F(ApiTest, AnyBytesAreAnswered) {
  auto random = seeded_generator();
  const std::string alphabet = "/v1calsegndr%20&=+\xff";
  for (int i = 0; i < 20'000; ++i) {
    std::string path = "/v1/", query;
    for (std::size_t n = random_below(random, 20); n > 0; --n)
      path.push_back(alphabet[random_below(random, alphabet.size())]);
    for (std::size_t n = random_below(random, 20); n > 0; --n)
      query.push_back(alphabet[random_below(random, alphabet.size())]);
    EXPECT_GE(get(path, query).status, 200U);
  }
}

}  // namespace
}  // namespace hookledger
