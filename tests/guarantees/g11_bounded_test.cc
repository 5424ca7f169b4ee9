// G11: memory, queues and connections are bounded; overload answers 503 with Retry-After, never silence. The process as
// a whole: tests/system/flood_check.py.
#include <gmock/gmock.h>
#include <thread>

#include "tests/guarantees/ledger.h"

namespace hookledger::testing {
namespace {

std::string body_of(std::size_t event) {
  return telnyx_body("event-" + std::to_string(event), "call.dtmf.received", "call", "leg", kStart);
}

void expect_overloaded(const Answer& answer) {
  EXPECT_EQ(answer.status, 503U);
  EXPECT_EQ(member_of(answer.body, "type"), "urn:hookledger:problem:overloaded");
  ASSERT_TRUE(answer.headers.contains("retry-after"));
  EXPECT_GE(std::strtoul(answer.headers.at("retry-after").c_str(), nullptr, 10), 1U);
}

TEST(Bounded, AFullQueueIsAnswered503WithRetryAfter) {
  Ledger ledger({.commit = {.queue_records_max = 3,
                            .queue_bytes_max = 1 << 20,
                            .batch_records_max = 1,
                            .batch_bytes_max = 1 << 20},
                 .http = {},
                 .sources = one_source({key_pair(7)})});
  std::atomic<std::size_t> accepted = 0, overloaded = 0, others = 0;
  {
    std::vector<std::jthread> connections;
    for (std::size_t connection = 0; connection < 8; ++connection) {
      connections.emplace_back([&, connection] {
        Peer peer(ledger.address());
        for (std::size_t round = 0; round < 20; ++round) {
          std::string requests;
          for (std::size_t n = 0; n < 4; ++n)
            requests += sign(body_of(1000 * connection + 4 * round + n), kStart).request();
          peer.send(requests);
          for (std::size_t n = 0; n < 4; ++n) {
            const Answer answer = peer.answer().value_or(Answer());
            if (answer.status == 503) expect_overloaded(answer);
            ++(answer.status == 200 ? accepted : answer.status == 503 ? overloaded : others);
          }
        }
      });
    }
  }
  EXPECT_EQ(others, 0U);
  EXPECT_GT(overloaded, 0U);
  EXPECT_EQ(accepted + overloaded, 640U);
  EXPECT_EQ(ledger.records(), accepted);  // What was refused is not in the log; what was accepted is.
  Peer peer(ledger.address());            // And it is over when the load is.
  EXPECT_EQ(peer.status_of(sign(body_of(99'999), kStart).request()), 200U);
}

TEST(Bounded, TooManyConnectionsAreAnswered503WithRetryAfter) {
  Ledger ledger({.commit = {}, .http = {.connections_max = 10}, .sources = one_source({key_pair(7)})});
  std::vector<std::unique_ptr<Peer>> peers;
  for (int n = 0; n < 10; ++n) {
    peers.push_back(std::make_unique<Peer>(ledger.address()));
    ASSERT_EQ(peers.back()->status_of("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), 404U);
  }
  for (int n = 0; n < 5; ++n) {
    Peer peer(ledger.address());
    expect_overloaded(peer.answer().value_or(Answer()));
    EXPECT_TRUE(peer.closed());
  }
  peers.pop_back();
  for (int attempt = 0; attempt < 100; ++attempt) {
    Peer peer(ledger.address());
    if (peer.status_of(sign(body_of(1), kStart).request()) == 200U) return;
    std::this_thread::sleep_for(10ms);
  }
  FAIL() << "no connection is taken when there is room again";
}

TEST(Bounded, HugePipeliningIsAnsweredInOrderAndToTheLast) {
  Ledger ledger;
  constexpr std::size_t kRequests = 5'000;
  std::string requests;
  for (std::size_t n = 0; n < kRequests; ++n) requests += sign(body_of(n), kStart).request();
  Peer peer(ledger.address());
  std::jthread sender([&] { peer.send(requests); });
  for (std::size_t n = 0; n < kRequests; ++n) {
    const auto answer = peer.answer();
    ASSERT_TRUE(answer) << n;
    ASSERT_EQ(answer->status, 200U) << n;
    ASSERT_EQ(member_of(answer->body, "id"), "event-" + std::to_string(n));
  }
  EXPECT_EQ(ledger.records(), kRequests);
}

}  // namespace
}  // namespace hookledger::testing
