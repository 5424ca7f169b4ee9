#include <atomic>
#include <gmock/gmock.h>
#include <memory>
#include <set>
#include <thread>

#include "schemas/ed25519/key.h"
#include "schemas/json.h"
#include "schemas/text.h"
#include "tests/tools/test_server.h"
#include "tools/simulate/answer.h"
#include "tools/simulate/sender.h"

namespace hookledger {
namespace {

using namespace std::chrono_literals;

const Ed25519KeyPair kKey = ed25519_key_pair(Ed25519Seed{4, 5, 6});

/// Starts at an instant of its own, and may run faster than time does.
class RunningClock : public Clock {
 public:
  explicit RunningClock(int wall_speed = 1, int speed = 1) : wall_speed_(wall_speed), speed_(speed) {}
  Time wall() const override { return kBegan + std::chrono::duration_cast<Duration>(wall_speed_ * passed()); }
  std::chrono::steady_clock::time_point monotonic() const override { return began_ + speed_ * passed(); }

  static constexpr Time kBegan{std::chrono::sys_days(std::chrono::year(2026) / 2 / 8)};

 private:
  std::chrono::steady_clock::duration passed() const { return std::chrono::steady_clock::now() - began_; }

  int wall_speed_, speed_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

std::string answer_of(unsigned status, std::string_view body, std::string_view fields = "") {
  std::string answer = "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: " + std::to_string(body.size());
  return answer.append("\r\n").append(fields).append("\r\n").append(body);
}

const std::string kAccepted = answer_of(200, R"({"status":"accepted","id":"x","partition":0,"offset":0})");

Plan plan_of(std::uint32_t calls) {
  TrafficOptions options;
  options.calls = calls;
  options.seed = 7;
  return make_plan(options).value();
}

std::string field_of(const std::string& request, const std::string& name) {
  const std::size_t at = request.find("\r\n" + name + ": ");
  if (at == std::string::npos) return "";
  const std::size_t begin = at + name.size() + 4;
  return request.substr(begin, request.find("\r\n", begin) - begin);
}

std::string body_of(const std::string& request) { return request.substr(request.find("\r\n\r\n") + 4); }

std::size_t count_taken(const SendReport& report) {
  return static_cast<std::size_t>(std::ranges::count(report.taken, true));
}

TEST(SimulateSender, SendsEveryDeliveryOnceSignedNow) {
  const RunningClock clock;
  TestServer server([](const std::string&) { return kAccepted; });
  const Plan plan = plan_of(20);
  const SendReport report = send_plan(plan, {.url = server.url()}, kKey, clock).value();
  server.stop();

  EXPECT_EQ(report.sent, plan.deliveries.size());
  EXPECT_EQ(report.answers, (std::map<unsigned, std::uint64_t>{{200, plan.deliveries.size()}}));
  EXPECT_EQ(report.accepted, plan.deliveries.size());
  EXPECT_EQ(report.refused_with, 0U);
  EXPECT_EQ(report.retries + report.unanswered + report.reconnects + report.duplicate + report.unrecognised, 0U);
  EXPECT_EQ(count_taken(report), plan.deliveries.size());
  EXPECT_GT(report.rate, 0);
  EXPECT_LE(report.latency.p50, report.latency.p99);
  EXPECT_LE(report.latency.p99, report.latency.max);

  std::multiset<std::string> sent, planned;
  ScriptShelf shelf(plan.options);
  for (const Delivery& delivery : plan.deliveries) planned.insert(shelf.body(delivery));
  for (const std::string& request : server.requests()) {
    EXPECT_TRUE(request.starts_with("POST /webhooks/telnyx HTTP/1.1\r\n"));
    EXPECT_EQ(field_of(request, "Content-Type"), "application/json");
    EXPECT_EQ(field_of(request, "User-Agent"), "telnyx-webhooks");
    const std::string timestamp = field_of(request, "telnyx-timestamp");
    const std::int64_t age =
        std::chrono::floor<std::chrono::seconds>(clock.wall()).time_since_epoch().count() - std::stol(timestamp);
    EXPECT_GE(age, 0);
    EXPECT_LE(age, 10);
    const std::string signature = decode_base64(field_of(request, "telnyx-signature-ed25519")).value();
    Ed25519Signature raw;
    ASSERT_EQ(signature.size(), raw.size());
    std::ranges::copy(signature, raw.begin());
    EXPECT_TRUE(Ed25519Key(kKey.public_key).verifies(raw, timestamp + "|" + body_of(request)));
    sent.insert(body_of(request));
  }
  EXPECT_EQ(sent, planned);
}

TEST(SimulateSender, KeepsItsConnections) {
  const RunningClock clock;
  TestServer server([](const std::string&) { return kAccepted; });
  const SendReport report = send_plan(plan_of(20), {.url = server.url(), .connections = 3}, kKey, clock).value();
  EXPECT_EQ(report.reconnects, 0U);
  EXPECT_LE(server.accepted(), 3U);
}

TEST(SimulateSender, CountsWhatTheAnswersSay) {
  const RunningClock clock;
  std::size_t n = 0;
  TestServer server([&](const std::string&) {
    switch (n++ % 4) {
      case 0: return answer_of(200, R"({"status":"duplicate","id":"x"})");
      case 1: return answer_of(200, R"({"status":"unrecognised","id":"x"})");
      case 2: return answer_of(403, R"({"type":"urn:hookledger:problem:signature-invalid","status":403})");
      default: return kAccepted;
    }
  });
  const Plan plan = plan_of(10);
  const SendReport report = send_plan(plan, {.url = server.url()}, kKey, clock).value();
  const std::size_t refused = (plan.deliveries.size() + 1) / 4;
  EXPECT_EQ(report.refused_with, 403U);
  EXPECT_THAT(report.refusal, testing::HasSubstr("signature-invalid"));
  EXPECT_EQ(report.answers.at(403), refused);
  EXPECT_EQ(report.answers.at(200), plan.deliveries.size() - refused);
  EXPECT_EQ(report.accepted + report.duplicate + report.unrecognised, plan.deliveries.size() - refused);
  EXPECT_EQ(report.duplicate, (plan.deliveries.size() + 3) / 4);
  EXPECT_EQ(report.retries, 0U);
  EXPECT_EQ(count_taken(report), plan.deliveries.size() - refused);
}

TEST(SimulateSender, SendsAgainAfterOverload) {
  const RunningClock clock;
  std::set<std::string> seen;
  TestServer server([&](const std::string& request) {
    return seen.insert(body_of(request)).second ? answer_of(503, "", "Retry-After: 1\r\n") : kAccepted;
  });
  const Plan plan = plan_of(3);
  const auto began = clock.monotonic();
  const SendReport report = send_plan(plan, {.url = server.url()}, kKey, clock).value();
  EXPECT_GE(clock.monotonic() - began, 1s);
  EXPECT_EQ(report.sent, plan.deliveries.size());
  EXPECT_EQ(report.retries, plan.deliveries.size());
  EXPECT_EQ(report.answers.at(503), plan.deliveries.size());
  EXPECT_EQ(report.answers.at(200), plan.deliveries.size());
  EXPECT_EQ(count_taken(report), plan.deliveries.size());
}

TEST(SimulateSender, GivesUpOnADeliveryThatIsAlwaysRefused) {
  const RunningClock clock;
  TestServer server([](const std::string&) { return answer_of(503, "", "Retry-After: 0\r\n"); });
  const Plan plan = plan_of(2);
  const SendReport report = send_plan(plan, {.url = server.url()}, kKey, clock).value();
  EXPECT_EQ(report.answers.at(503), plan.deliveries.size() * kTriesMax);
  EXPECT_EQ(count_taken(report), 0U);
}

TEST(SimulateSender, ReconnectsWhenConnectionsEnd) {
  const RunningClock clock;
  std::size_t n = 0, lost = 0;
  TestServer server([&](const std::string&) -> std::string {
    switch (n++ % 5) {
      case 1: ++lost; return "";                                     // Closed without an answer.
      case 2: return answer_of(200, "{}", "Connection: close\r\n");  // Asks for another connection.
      case 3: return "HTTP/1.1 200 OK\r\n\r\n";                      // Ends with its connection.
      default: return kAccepted;
    }
  });
  const Plan plan = plan_of(10);
  const SendReport report = send_plan(plan, {.url = server.url(), .connections = 4}, kKey, clock).value();
  EXPECT_EQ(count_taken(report), plan.deliveries.size());
  EXPECT_EQ(report.sent, plan.deliveries.size());
  EXPECT_GT(lost, 10U);
  EXPECT_EQ(report.reconnects, lost);
  EXPECT_EQ(report.retries, lost);
  EXPECT_EQ(report.unanswered, 0U);
}

TEST(SimulateSender, ADeliveryWithoutAnyAnswerIsNotTaken) {
  const RunningClock clock;
  std::string unlucky;
  TestServer server([&](const std::string& request) {
    if (unlucky.empty()) unlucky = body_of(request);
    return body_of(request) == unlucky ? "garbage, not HTTP at all\r\n\r\n" : kAccepted;
  });
  const Plan plan = plan_of(3);
  const SendReport report = send_plan(plan, {.url = server.url()}, kKey, clock).value();
  EXPECT_EQ(report.unanswered, 1U);
  EXPECT_EQ(report.retries, kTriesMax - 1U);
  EXPECT_EQ(count_taken(report), plan.deliveries.size() - 1);
}

TEST(SimulateSender, OutlivesARestartOfTheServer) {
  const RunningClock clock;
  const TestServer::Handler accept = [](const std::string&) { return kAccepted; };
  std::atomic<std::size_t> served = 0;
  auto server = std::make_unique<TestServer>([&](const std::string&) {
    ++served;
    return kAccepted;
  });
  const std::uint16_t port = server->port();
  const SendOptions options{.url = server->url(), .rate = 200};
  std::jthread restart([&] {
    while (served < 10) std::this_thread::sleep_for(1ms);
    server.reset();
    std::this_thread::sleep_for(300ms);
    server = std::make_unique<TestServer>(accept, port);
  });
  const Plan plan = plan_of(10);
  const SendReport report = send_plan(plan, options, kKey, clock).value();
  restart.join();
  EXPECT_EQ(count_taken(report), plan.deliveries.size());
  EXPECT_EQ(report.sent, plan.deliveries.size());
  EXPECT_EQ(report.unanswered, 0U);
}

TEST(SimulateSender, SignsAgainWhatWaitedLong) {
  const RunningClock clock(300);
  TestServer server([](const std::string&) { return kAccepted; });
  const Plan plan = plan_of(10);
  const SendReport report = send_plan(plan, {.url = server.url(), .rate = 150}, kKey, clock).value();
  server.stop();
  EXPECT_GT(report.seconds * 300, 120);
  std::set<std::string> timestamps;
  for (const std::string& request : server.requests()) {
    const std::string timestamp = field_of(request, "telnyx-timestamp");
    Ed25519Signature raw;
    std::ranges::copy(decode_base64(field_of(request, "telnyx-signature-ed25519")).value(), raw.begin());
    EXPECT_TRUE(Ed25519Key(kKey.public_key).verifies(raw, timestamp + "|" + body_of(request)));
    timestamps.insert(timestamp);
  }
  const std::int64_t began = std::chrono::floor<std::chrono::seconds>(RunningClock::kBegan).time_since_epoch().count();
  EXPECT_GT(std::stol(*timestamps.rbegin()), began + 90);
}

TEST(SimulateSender, SaysWhenNobodyListens) {
  const RunningClock clock;
  HttpUrl url;
  {
    TestServer server([](const std::string&) { return kAccepted; });
    url = server.url();
  }
  const auto report = send_plan(plan_of(3), {.url = url}, kKey, clock);
  ASSERT_TRUE(report.has_error());
  EXPECT_EQ(report.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(report.error().detail, testing::HasSubstr(url.authority));
}

TEST(SimulateSender, SaysWhenNobodyAnswers) {
  const RunningClock clock(1, 300);
  TestServer server([](const std::string&) { return "HTTP/1.1 200 OK\r\n"; });
  const auto began = clock.monotonic();
  EXPECT_EQ(send_plan(plan_of(3), {.url = server.url()}, kKey, clock).error().code, ErrorCode::kUnavailable);
  EXPECT_GE(clock.monotonic() - began, 30s);
}

TEST(SimulateSender, KeepsToItsRate) {
  const RunningClock clock;
  TestServer server([](const std::string&) { return kAccepted; });
  const Plan plan = plan_of(10);
  const SendReport report = send_plan(plan, {.url = server.url(), .rate = 200}, kKey, clock).value();
  const double least = static_cast<double>(plan.deliveries.size() - 1) / 200;
  EXPECT_GE(report.seconds, least);
  EXPECT_LE(report.seconds, least + 1);
}

TEST(SimulateSender, KeepsToItsPace) {
  const RunningClock clock;
  TestServer server([](const std::string&) { return kAccepted; });
  const Plan plan = plan_of(3);
  const Duration simulated = plan.deliveries.back().arrives_at - plan.options.start;
  const SendReport report = send_plan(plan, {.url = server.url(), .pace = 100}, kKey, clock).value();
  const double least = std::chrono::duration<double>(simulated).count() / 100;
  EXPECT_GE(report.seconds, least);
  EXPECT_LE(report.seconds, least + 1);
}

TEST(SimulateSender, ReportIsATableAndJson) {
  const RunningClock clock;
  TestServer server([](const std::string&) { return kAccepted; });
  const Plan plan = plan_of(2);
  const SendReport report = send_plan(plan, {.url = server.url()}, kKey, clock).value();
  EXPECT_THAT(render_report(plan, &report), testing::AllOf(testing::HasSubstr("200"), testing::HasSubstr("p99")));
  EXPECT_TRUE(is_json(report_json(plan, &report)));
  EXPECT_THAT(report_json(plan, &report), testing::HasSubstr(R"("answers":{"200":)"));
  EXPECT_TRUE(is_json(report_json(plan, nullptr)));
}

TEST(SimulateSender, OptionsAreChecked) {
  const RunningClock clock;
  const HttpUrl url;
  const auto code = [&](const SendOptions& options) {
    return send_plan(plan_of(1), options, kKey, clock).error().code;
  };
  EXPECT_EQ(code({.url = url, .rate = -1}), ErrorCode::kUsage);
  EXPECT_EQ(code({.url = url, .pace = -1}), ErrorCode::kUsage);
  EXPECT_EQ(code({.url = url, .connections = 0}), ErrorCode::kUsage);
  EXPECT_EQ(code({.url = url, .connections = SendOptions::kConnectionsMax + 1}), ErrorCode::kUsage);
}

TEST(SimulateSender, LatenciesByNearestRank) {
  std::vector<std::uint32_t> values;
  for (std::uint32_t i = 1000; i > 0; --i) values.push_back(i);
  const Latencies latencies = latencies_of(values);
  EXPECT_EQ(latencies.p50, 500us);
  EXPECT_EQ(latencies.p90, 900us);
  EXPECT_EQ(latencies.p99, 990us);
  EXPECT_EQ(latencies.p999, 999us);
  EXPECT_EQ(latencies.max, 1000us);
  values.clear();
  EXPECT_EQ(latencies_of(values).max, 0us);
}

TEST(HttpUrl, ReadsAddresses) {
  const HttpUrl url = parse_http_url("http://127.0.0.1:8080/webhooks/telnyx?x=1#y").value();
  EXPECT_EQ(url.host, "127.0.0.1");
  EXPECT_EQ(url.port, "8080");
  EXPECT_EQ(url.authority, "127.0.0.1:8080");
  EXPECT_EQ(url.target, "/webhooks/telnyx?x=1");
  EXPECT_EQ(parse_http_url("http://example.com").value().port, "80");
  EXPECT_EQ(parse_http_url("http://example.com").value().target, "/");
  EXPECT_EQ(parse_http_url("http://[::1]:99/").value().host, "::1");
  EXPECT_EQ(parse_http_url("http://[::1]:99/").value().port, "99");
  for (const char* bad :
       {"", "example.com", "https://example.com/", "http://", "http:///x", "http://:80/", "http://a:0/",
        "http://a:65536/", "http://a:b/", "http://a b/", "http://[::1/", "http://u@a/", "http://a?x"})
    EXPECT_TRUE(parse_http_url(bad).has_error()) << bad;
}

TEST(Answer, IsReadPieceByPiece) {
  const std::string bytes = "HTTP/1.1 503 No\r\ncontent-LENGTH: 4\r\nRetry-After:  7 \r\nConnection: Close\r\n\r\nbody";
  Answer answer;
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_EQ(parse_answer(bytes.substr(0, size), answer), AnswerState::kIncomplete) << size;
  ASSERT_EQ(parse_answer(bytes, answer), AnswerState::kComplete);
  EXPECT_EQ(answer.status, 503U);
  EXPECT_EQ(answer.body, "body");
  EXPECT_EQ(answer.retry_after, 7s);
  EXPECT_FALSE(answer.keep_alive);
}

TEST(Answer, WhatIsNoneIsBroken) {
  Answer answer;
  for (const std::string& bytes : {std::string("x\r\n\r\n"), std::string("HTTP/1.1 abc No\r\n\r\n"),
                                   std::string("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n"),
                                   "HTTP/1.1 200 OK\r\nX: " + std::string(20'000, 'x')})
    EXPECT_EQ(parse_answer(bytes, answer), AnswerState::kBroken);
}

}  // namespace
}  // namespace hookledger
