#include "replay/recovery/api_client.h"

#include <future>
#include <gmock/gmock.h>

#include "tests/replay/recovery/scripted_api.h"
#include "tests/support/call_builder.h"

namespace hookledger::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

class ApiClients : public ::testing::Test {
 protected:
  /// Answers with these statuses one after the other, and then with 200.
  void say(std::vector<unsigned> statuses, RateLimitSaid limits = {}) {
    api_.answer = [this, statuses, limits, number = std::size_t{0}](const std::string&) mutable {
      const unsigned status = number < statuses.size() ? statuses[number++] : 200;
      return ApiAnswer{.status = status, .body = "body", .limits = status == 200 ? RateLimitSaid{} : limits};
    };
  }
  Result<ApiAnswer> get() { return client_.get("/x", {}); }

  ManualClock clock_{kStart};
  Metrics metrics_;
  ScriptedApi api_{clock_};
  ApiClient client_{"telnyx", api_.parts(metrics_), 1};
};

TEST_F(ApiClients, WhatWillPassIsTriedAgainAfterAPause) {
  for (const unsigned status : {0U, 408U, 425U, 429U, 500U, 503U}) {
    say({status, status});
    api_.asked.clear();
    api_.paused = Duration(0);
    ASSERT_TRUE(get()) << status;
    EXPECT_THAT(api_.asked, SizeIs(3));
    EXPECT_GE(api_.paused, 1s);
    EXPECT_LE(api_.paused, 4s);
  }
}

TEST_F(ApiClients, WhatWillNotPassIsAnAnswer) {
  for (const unsigned status : {200U, 400U, 401U, 404U, 422U}) {
    say({status});
    api_.asked.clear();
    EXPECT_EQ(get()->status, status);
    EXPECT_THAT(api_.asked, SizeIs(1));
  }
}

TEST_F(ApiClients, AnApiThatFailsIsLeftAlone) {
  say(std::vector<unsigned>(100, 500));
  const auto answer = get();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(answer.error().detail, HasSubstr("HTTP 500"));
  EXPECT_GT(client_.retry_at(), clock_.monotonic());
  const std::size_t asked = api_.asked.size();
  EXPECT_EQ(asked, 5u);
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(get());
  EXPECT_THAT(api_.asked, SizeIs(asked)) << "nobody asks while the circuit is open";
  EXPECT_THAT(metrics_.text(), HasSubstr(R"(hookledger_recovery_breaker_open{source="telnyx"} 1)"));
  clock_.advance(std::chrono::duration_cast<Duration>(client_.retry_at() - clock_.monotonic()));
  say({});
  EXPECT_TRUE(get());
  EXPECT_TRUE(get());
  EXPECT_THAT(metrics_.text(), HasSubstr(R"(hookledger_recovery_breaker_open{source="telnyx"} 0)"));
  EXPECT_THAT(metrics_.text(), HasSubstr(R"(requests_total{source="telnyx",status="500"} 5)"));
}

TEST_F(ApiClients, WaitsAsLongAsTheProviderSays) {
  say({429}, {.retry_after = 90s});
  EXPECT_FALSE(get());
  EXPECT_GE(client_.retry_at(), clock_.monotonic() + 89s);
  say({429}, {.limit = 10, .remaining = 0, .reset = 7s});
  clock_.advance(90s);
  EXPECT_FALSE(get());
  EXPECT_GE(client_.retry_at(), clock_.monotonic() + 7s);
}

TEST_F(ApiClients, NobodyWaitsForTheTurnOfAnApiThatIsLeftAlone) {
  say({429}, {.limit = 10, .remaining = 0, .reset = 3600s, .retry_after = 90s});
  EXPECT_FALSE(get());
  api_.paused = Duration(0);
  EXPECT_FALSE(get());
  EXPECT_EQ(api_.paused, Duration(0));
}

TEST_F(ApiClients, WaitsForItsTurnNoLongerThanItsPatience) {
  api_.answer = [](const std::string&) {
    return ApiAnswer{.status = 200, .limits = {.limit = 10, .remaining = 0, .reset = 60s}};
  };
  ASSERT_TRUE(get());
  const auto refused = client_.get("/x", {}, 59s);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(refused.error().detail, HasSubstr("1m"));
  EXPECT_EQ(api_.paused, Duration(0));
  EXPECT_EQ(client_.retry_at(), clock_.monotonic() + 60s);
  EXPECT_TRUE(client_.get("/x", {}, 60s));
  EXPECT_EQ(api_.paused, 60s);
}

TEST_F(ApiClients, HoldsUpNobodyWhileItWaits) {
  const ApiClient* waiting = nullptr;
  std::future<CircuitBreaker::Instant> told;
  bool is_told = false;
  ApiClient::Parts parts = api_.parts(metrics_);
  parts.pause = [&](Duration time, const std::stop_token&) {
    told = std::async(std::launch::async, [&] { return waiting->retry_at(); });
    is_told = told.wait_for(10s) == std::future_status::ready;
    clock_.advance(time);
    return true;
  };
  ApiClient client("telnyx", parts, 1);
  waiting = &client;
  say({500});
  EXPECT_TRUE(client.get("/x", {}));
  EXPECT_TRUE(is_told);
}

TEST_F(ApiClients, EndsWhenItIsToldTo) {
  say(std::vector<unsigned>(10, 500));
  std::stop_source stop;
  stop.request_stop();
  const auto answer = client_.get("/x", stop.get_token());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kStopping);
  EXPECT_THAT(api_.asked, SizeIs(1));
}

}  // namespace
}  // namespace hookledger::testing
