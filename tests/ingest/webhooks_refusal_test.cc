// What everybody else is told: no more than a code. Nothing of it enters the log.

#include <algorithm>
#include <gmock/gmock.h>

#include "tests/ingest/webhook_server.h"

namespace hookledger::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kMissing = problem(403, "signature-missing", "A signature header is absent or empty");
const std::string kInvalid = problem(403, "signature-invalid", "The signature is not valid");
const std::string kOutOfTolerance =
    problem(403, "timestamp-out-of-tolerance", "The signature is too old or from the future");

class Refusals : public ::testing::Test {
 protected:
  void expect_refused(const std::string& request, unsigned status, const std::string& body) {
    const Answer answer = server_.deliver(request);
    EXPECT_EQ(answer.status, status) << request;
    EXPECT_EQ(answer.body, body) << request;
    EXPECT_EQ(answer.headers.contains("content-type") ? answer.headers.at("content-type") : "",
              "application/problem+json");
    EXPECT_EQ(server_.records(), 0U) << "G2";
  }

  static std::string signed_with(const std::string& signature, const std::string& timestamp) {
    return post("/webhooks/telnyx", kBody,
                "telnyx-signature-ed25519:" + signature + "\r\ntelnyx-timestamp:" + timestamp + "\r\n");
  }

  static inline const std::string kBody = event_body("event-1");
  const std::string signature_ = Signing().signature(kBody), timestamp_ = Signing().timestamp;
  WebhookServer server_;
};

TEST_F(Refusals, WhatIsNotSigned) {
  expect_refused(post("/webhooks/telnyx", kBody), 403, kMissing);
  expect_refused(post("/webhooks/telnyx", kBody, "telnyx-timestamp: " + timestamp_ + "\r\n"), 403, kMissing);
  expect_refused(post("/webhooks/telnyx", kBody, "telnyx-signature-ed25519: " + signature_ + "\r\n"), 403, kMissing);
  expect_refused(signed_with("", timestamp_), 403, kMissing);
  expect_refused(signed_with(" \t ", timestamp_), 403, kMissing);
  expect_refused(signed_with(signature_, "  "), 403, kMissing);
  expect_refused(signed_with("malformed", ""), 403, kMissing);
}

TEST_F(Refusals, WhatIsNotRightlySigned) {
  expect_refused(signed_with("malformed", timestamp_), 403, kInvalid);
  expect_refused(signed_with(signature_, "0" + timestamp_), 403, kInvalid);
  expect_refused(signed_with(signature_, "now"), 403, kInvalid);
  expect_refused(Signing{.seed = 2}.request(kBody), 403, kInvalid);
  expect_refused(post("/webhooks/telnyx", kBody + " ", Signing().headers(kBody)), 403, kInvalid);
  const std::string again = "telnyx-signature-ed25519: " + signature_ + "\r\n";
  expect_refused(post("/webhooks/telnyx", kBody, Signing().headers(kBody) + again), 403, kInvalid);
  const std::string later = "Telnyx-Timestamp: " + timestamp_ + "\r\n";
  expect_refused(post("/webhooks/telnyx", kBody, Signing().headers(kBody) + later), 403, kInvalid);
}

TEST_F(Refusals, WhatIsTooOldOrFromTheFuture) {
  const auto now = kNow.time_since_epoch() / 1s;
  for (const auto seconds : {now - 301, now + 301, std::int64_t{0}}) {
    expect_refused(Signing{.timestamp = std::to_string(seconds)}.request(kBody), 403, kOutOfTolerance);
  }
  for (const auto seconds : {now - 300, now + 300}) {
    EXPECT_EQ(server_.deliver(Signing{.timestamp = std::to_string(seconds)}.request(kBody)).status, 200U);
  }
}

TEST_F(Refusals, WhatHttpAloneCanRefuse) {
  const std::string unknown = problem(404, "unknown-source", "No source is configured under this path");
  const std::string nothing = problem(404, "not-found", "Nothing is served under this path");
  expect_refused(Signing{.target = "/webhooks/other"}.request(kBody), 404, unknown);
  expect_refused(Signing{.target = "/webhooks/"}.request(kBody), 404, unknown);
  expect_refused(Signing{.target = "/webhooks/telnyx/"}.request(kBody), 404, unknown);
  expect_refused(Signing{.target = "/"}.request(kBody), 404, nothing);
  expect_refused(get("/metrics"), 404, nothing);
  const std::string wrong_method = problem(405, "method-not-allowed", "Webhooks are delivered by POST");
  expect_refused(get("/webhooks/telnyx"), 405, wrong_method);
  EXPECT_EQ(server_.deliver(get("/webhooks/telnyx")).headers["allow"], "POST");
  expect_refused("POST /webhooks/telnyx HTTP/1.1\r\nHost: x\r\n" + Signing().headers("") + "\r\n", 411,
                 problem(411, "length-required", "The request needs Content-Length or chunked coding"));
  expect_refused("nonsense\r\n\r\n", 400, problem(400, "bad-request", "The request is not valid HTTP/1.1"));
}

TEST_F(Refusals, WhatIsTooLarge) {
  expect_refused(Signing().request(std::string((1 << 20) + 1, 'x')), 413,
                 problem(413, "body-too-large", "The body is over the limit"));
  expect_refused(post("/webhooks/telnyx", "", "X: " + std::string(17'000, 'x') + "\r\n"), 431,
                 problem(431, "headers-too-large", "The request head is over 16 KiB"));
}

TEST_F(Refusals, InTheOrderOfTheContract) {
  const std::string large(1 << 21, 'x');
  const auto status = [&](const std::string& request) { return server_.deliver(request).status; };
  EXPECT_EQ(status("GET /nowhere HTTP/1.1\r\nHost: x\r\nX: " + std::string(17'000, 'x') + "\r\n\r\n"), 431U);
  EXPECT_EQ(status(get("/webhooks/other")), 404U) << "path before method";
  EXPECT_EQ(status("PUT /webhooks/telnyx HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n"), 405U)
      << "method before body";
  EXPECT_EQ(status(post("/webhooks/telnyx", large)), 413U) << "body before signature";
  const Signing old_and_wrong{.seed = 2, .timestamp = "1"};
  EXPECT_EQ(server_.deliver(old_and_wrong.request(kBody)).body, kInvalid) << "signature before timestamp";
}

/// Lines that were written to stderr while `act` ran.
template <class Act>
std::string logged(const Act& act) {
  ::testing::internal::CaptureStderr();
  act();
  return ::testing::internal::GetCapturedStderr();
}

TEST_F(Refusals, LeaveALineThatTellsWhyAndNoSecret) {
  const std::string body = event_body("event-1", "secret-call");
  const std::string log = logged([&] {
    server_.deliver(Signing{.seed = 2}.request(body));
    server_.deliver(Signing{.timestamp = "1"}.request(body));
    server_.deliver(post("/webhooks/telnyx", body));
    server_.deliver(Signing().request(body));
  });
  for (const char* expected : {"signature-invalid", "timestamp-out-of-tolerance", "signature-missing", "source=telnyx",
                               "altered on the way", "check the clock"}) {
    EXPECT_THAT(log, HasSubstr(expected));
  }
  for (const std::string& secret :
       {std::string("2025550123"), std::string("secret-call"), std::string("call.initiated"), Signing().signature(body),
        Signing{.seed = 2}.signature(body)}) {
    EXPECT_THAT(log, Not(HasSubstr(secret)));
  }
}

TEST_F(Refusals, LeaveAtMostALineASecond) {
  const auto lines = [](const std::string& text) { return std::count(text.begin(), text.end(), '\n'); };
  Peer peer(server_.address());  // One thread counts for itself.
  const auto refuse = [&](int times) {
    return logged([&] {
      for (int i = 0; i < times; ++i) EXPECT_EQ(peer.status_of(post("/webhooks/telnyx", "x")), 403U);
    });
  };
  EXPECT_EQ(lines(refuse(50)), 1);
  server_.log().clock().advance(1s);
  const std::string next = refuse(1);
  EXPECT_EQ(lines(next), 1);
  EXPECT_THAT(next, HasSubstr("left_out=49"));
}

}  // namespace
}  // namespace hookledger::testing
