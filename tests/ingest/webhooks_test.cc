// What a source is told of the deliveries that it signed, and what the log holds of them.

#include <atomic>
#include <gmock/gmock.h>

#include "tests/ingest/webhook_server.h"

namespace hookledger::testing {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

std::string told(const std::string& status, const std::string& id, Place place) {
  return R"({"status":")" + status + R"(","id":")" + id + R"(","partition":)" + std::to_string(place.partition) +
         R"(,"offset":)" + std::to_string(place.offset) + "}";
}

const std::uint32_t kPartition = partition_of("call-1", kPartitions);

TEST(Webhooks, AcceptWhatIsRightlySigned) {
  WebhookServer server;
  Peer peer(server.address());
  const std::string body = event_body("event-1");
  const auto answer = peer.exchange(Signing().request(body));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200U);
  EXPECT_EQ(answer->headers.at("content-type"), "application/json");
  EXPECT_EQ(answer->body, told("accepted", "event-1", {kPartition, 0}));
  const auto stored = server.log()->read({kPartition, 0}).value();
  const auto record = decode_record(stored.bytes).value();
  EXPECT_EQ(record.body, body);
  EXPECT_EQ(record.source, "telnyx");
  EXPECT_EQ(record.signature, Signing().signature(body));
  EXPECT_EQ(record.signed_at, Signing().timestamp);
  EXPECT_EQ(record.key_id, key_id(signing_key(1).public_key));
  EXPECT_EQ(record.content_type, "application/json");
  EXPECT_EQ(record.received_at, kNow);
  EXPECT_EQ(peer.exchange(Signing().request(event_body("event-2")))->body,
            told("accepted", "event-2", {kPartition, 1}));
}

TEST(Webhooks, TellOfTheOriginalWhenItComesAgain) {
  WebhookServer server;
  server.deliver_event("event-1");
  server.deliver_event("event-2");
  for (int i = 0; i < 3; ++i) {
    const Answer answer = server.deliver_event("event-1");
    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(answer.body, told("duplicate", "event-1", {kPartition, 0}));
  }
  EXPECT_EQ(server.records(), 2U);
  EXPECT_EQ(server.log()->read({kPartition, 0})->deliveries, 4U);
}

TEST(Webhooks, KeepWhatTheyDoNotUnderstand) {
  WebhookServer server;
  for (const std::string& body :
       {std::string("\xff not JSON"), std::string("{}"), std::string(), std::string(R"({"data":{"id":"x"}})")}) {
    const std::string id = "blake2b:" + blake2b_256_hex(body);
    const Place place{partition_of(id, kPartitions), server.log()->end(partition_of(id, kPartitions))};
    EXPECT_EQ(server.deliver(Signing().request(body)).body, told("unrecognised", id, place)) << body;
    EXPECT_EQ(server.deliver(Signing().request(body)).body, told("duplicate", id, place)) << body;
  }
}

TEST(Webhooks, AnswerNothingBeforeItIsDurable) {
  WebhookServer server;
  server.block_log();
  Peer one(server.address()), two(server.address());
  one.send(Signing().request(event_body("event-1")));
  two.send(Signing().request(event_body("event-1")));
  EXPECT_TRUE(one.silent(100ms));
  EXPECT_TRUE(two.silent(10ms)) << "not even that it is a duplicate";
  server.release_log();
  const Answer first = one.answer().value_or(Answer()), second = two.answer().value_or(Answer());
  const std::string accepted = told("accepted", "event-1", {kPartition, 0});
  const std::string duplicate = told("duplicate", "event-1", {kPartition, 0});
  EXPECT_THAT(first.body, AnyOf(accepted, duplicate));
  EXPECT_EQ(second.body, first.body == accepted ? duplicate : accepted);
}

TEST(Webhooks, TakeChunksAndIgnoreTheQuery) {
  WebhookServer server;
  const std::string body = event_body("event-1");
  const std::string request = "POST /webhooks/telnyx?secret=1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n" +
                              Signing().headers(body) + "\r\n" + chunked(body, 7);
  EXPECT_EQ(server.deliver(request).body, told("accepted", "event-1", {kPartition, 0}));
}

TEST(Webhooks, TakeBodiesUpToTheLimit) {
  WebhookServer server({}, {.body_bytes_max = 1000});
  EXPECT_EQ(server.deliver(Signing().request(std::string(1000, 'x'))).status, 200U);
  EXPECT_EQ(server.deliver(Signing().request(std::string(1001, 'x'))).status, 413U);
}

TEST(Webhooks, AnswerPipelinedDeliveriesInOrder) {
  WebhookServer server;
  Peer peer(server.address());
  std::string requests;
  for (int i = 0; i < 10; ++i) requests += Signing().request(event_body(std::to_string(i)));
  peer.send(requests);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(peer.answer().value_or(Answer()).body,
              told("accepted", std::to_string(i), {kPartition, static_cast<std::uint64_t>(i)}));
  }
}

TEST(Webhooks, SayWhenTooManyWait) {
  WebhookServer server({.queue_records_max = 1});
  server.block_log();
  Peer waiting(server.address());
  waiting.send(Signing().request(event_body("event-1")));
  while (server.log()->statistics().append_queue_records == 0) std::this_thread::sleep_for(1ms);
  const Answer answer = server.deliver_event("event-2");
  EXPECT_EQ(answer.status, 503U);
  EXPECT_EQ(answer.body, problem(503, "overloaded", "Too many deliveries wait for the disk"));
  EXPECT_EQ(answer.headers.at("retry-after"), "1");
  server.release_log();
  EXPECT_EQ(waiting.answer().value_or(Answer()).status, 200U);
  EXPECT_EQ(server.deliver_event("event-2").status, 200U);
}

TEST(Webhooks, SayThatTheLogCannotBeWrittenAndRecover) {
  WebhookServer server;
  server.deliver_event("event-1");
  server.disk().arm({.lasting = true, .fault = FaultInjectionEnv::Fault::kNoSpace});
  for (int i = 0; i < 3; ++i) {  // The first fails in writing, the others at the door.
    Peer peer(server.address());
    const auto answer = peer.exchange(Signing().request(event_body("event-2")));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 503U);
    EXPECT_EQ(answer->headers.at("content-type"), "application/problem+json");
    EXPECT_EQ(answer->headers.at("retry-after"), "1");
    EXPECT_EQ(answer->body, problem(503, "log-unavailable", "The log cannot be written now"));
    EXPECT_TRUE(peer.silent(1ms)) << "the connection stays";
  }
  EXPECT_TRUE(server.log()->read({kPartition, 0}));
  server.disk().heal();
  unsigned status = 503;
  for (int i = 0; i < 1000 && status == 503; ++i) {
    std::this_thread::sleep_for(5ms);
    status = server.deliver_event("event-2").status;
  }
  EXPECT_EQ(status, 200U);
  EXPECT_THAT(server.deliver_event("event-1").body, HasSubstr("duplicate"));
  EXPECT_THAT(ids_in(*server.log(), kPartition), ::testing::ElementsAre("event-1", "event-2"));
}

TEST(Webhooks, SayThatTheLogStops) {
  WebhookServer server;
  server.log()->stop();
  const Answer answer = server.deliver_event("event-1");
  EXPECT_EQ(answer.status, 503U);
  EXPECT_EQ(answer.body, problem(503, "stopping", "The server is stopping"));
  EXPECT_EQ(answer.headers.at("retry-after"), "1");
}

TEST(Webhooks, TakeNewSourcesWithoutDroppingAConnection) {
  WebhookServer server;
  Peer peer(server.address());
  EXPECT_EQ(peer.status_of(Signing().request(event_body("event-1"))), 200U);
  server.sources().set(Sources::make({telnyx_source("telnyx", 2), telnyx_source("other", 3)}).value());
  EXPECT_EQ(peer.status_of(Signing().request(event_body("event-2"))), 403U) << "the old key";
  EXPECT_EQ(peer.status_of(Signing{.seed = 2}.request(event_body("event-2"))), 200U);
  EXPECT_EQ(peer.status_of(Signing{.seed = 3, .target = "/webhooks/other"}.request(event_body("event-2"))), 200U);
  EXPECT_EQ(server.records(), 3U) << "an id belongs to its source";
  server.sources().set(Sources::make({telnyx_source("other", 3)}).value());
  EXPECT_EQ(peer.status_of(Signing{.seed = 2}.request(event_body("event-3"))), 404U);
  EXPECT_EQ(server.http().statistics().connections, 1U);
}

TEST(Webhooks, MaySeeTheirSourceGoBetweenHeadAndBody) {
  WebhookServer server;
  Peer peer(server.address());
  const std::string request = Signing().request(event_body("event-1"));
  peer.send(request.substr(0, request.size() - 5));
  EXPECT_TRUE(peer.silent(50ms));
  server.sources().set(Sources::make({telnyx_source("other")}).value());
  peer.send(request.substr(request.size() - 5));
  EXPECT_EQ(peer.answer().value_or(Answer()).status, 404U);
  EXPECT_EQ(server.records(), 0U);
}

TEST(Webhooks, AreFinishedBeforeTheServerEnds) {
  WebhookServer server;
  server.block_log();
  Peer peer(server.address());
  peer.send(Signing().request(event_body("event-1")));
  while (server.log()->statistics().append_queue_records == 0) std::this_thread::sleep_for(1ms);
  std::thread draining([&] { server.http().drain(5s); });
  std::this_thread::sleep_for(20ms);
  server.release_log();
  auto answer = peer.answer().value_or(Answer());
  EXPECT_EQ(answer.body, told("accepted", "event-1", {kPartition, 0}));
  EXPECT_EQ(answer.headers["connection"], "close");
  draining.join();
}

TEST(Webhooks, AreReportedBeforeTheirServiceEnds) {
  WebhookServer server;
  server.block_log();
  Peer peer(server.address());
  peer.send(Signing().request(event_body("event-1")));
  while (server.log()->statistics().append_queue_records == 0) std::this_thread::sleep_for(1ms);
  server.http().drain(50ms);
  EXPECT_EQ(peer.answer().value_or(Answer()).status, 503U);
  std::atomic<bool> ended = false;
  std::thread ending([&] {
    server.end_http();
    ended = true;
  });
  std::this_thread::sleep_for(50ms);
  EXPECT_FALSE(ended) << "the log has yet to report to it";
  server.release_log();
  ending.join();
  EXPECT_EQ(server.records(), 2U) << "unanswered, but there";
}

TEST(Webhooks, AreCounted) {
  WebhookServer server;
  server.deliver_event("event-1");
  server.deliver_event("event-1");
  server.deliver(Signing().request("{}"));
  server.deliver(Signing{.seed = 9}.request("{}"));
  server.deliver(post("/webhooks/telnyx", "{}"));
  server.deliver(Signing{.timestamp = "1"}.request("{}"));
  const std::string metrics = server.metrics();
  for (const char* answer : {"accepted", "duplicate", "unrecognised", "signature-invalid", "signature-missing",
                             "timestamp-out-of-tolerance"}) {
    EXPECT_THAT(metrics,
                HasSubstr("hookledger_deliveries_total{answer=\"" + std::string(answer) + "\",source=\"telnyx\"} 1\n"));
  }
  EXPECT_THAT(metrics, HasSubstr("hookledger_verification_seconds_count 6\n"));
}

}  // namespace
}  // namespace hookledger::testing
