// What the server does about peers that are slow, silent, greedy or many.

#include <gmock/gmock.h>
#include <string>
#include <sys/resource.h>
#include <thread>

#include "tests/ingest/http/echo_server.h"
#include "tests/ingest/http/peer.h"

namespace hookledger::testing {
namespace {

using namespace std::chrono_literals;

constexpr http::Limits kShort{.read_timeout = 200ms, .idle_timeout = 500ms, .linger = 200ms};

/// Milliseconds that `function` takes.
template <class Function>
double milliseconds(Function function) {
  const auto begin = std::chrono::steady_clock::now();
  function();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

std::string without_end(const std::string& request) { return request.substr(0, request.size() - 2); }

TEST(ServerLimits, SlowRequestsTimeOut) {
  EchoServer server(kShort);
  for (const std::string& begun : {std::string("P"), std::string("POST /echo HTTP/1.1\r\n"),
                                   without_end(post("/echo", "body")), post_chunked("/echo", "5\r\nab")}) {
    Peer peer(server.address());
    EXPECT_EQ(peer.status_of(get("/echo")), 200U);
    std::this_thread::sleep_for(150ms);  // Being idle does not count.
    std::optional<Answer> answer;
    EXPECT_NEAR(milliseconds([&] { answer = peer.exchange(begun); }), 250, 100) << begun;
    ASSERT_TRUE(answer) << begun;
    EXPECT_EQ(answer->status, 408U);
    EXPECT_EQ(answer->headers.at("connection"), "close");
    EXPECT_TRUE(peer.closed());
  }
}

TEST(ServerLimits, DripFedRequestsTimeOut) {
  EchoServer server(kShort);
  Peer peer(server.address());
  const std::string request = post("/echo", std::string(1000, 'b'));
  std::size_t sent = 0;
  const double time = milliseconds([&] {
    while (sent < request.size() && peer.silent(10ms)) peer.send(request.substr(sent++, 1));
  });
  EXPECT_NEAR(time, 250, 120);
  EXPECT_EQ(peer.answer().value_or(Answer()).status, 408U);
}

TEST(ServerLimits, WaitingForTheServiceIsNotBeingSlow) {
  EchoServer server(kShort);
  Peer peer(server.address());
  peer.send(post("/held", ""));
  EXPECT_TRUE(peer.silent(800ms));
  server.held().answer(0, "at last");
  EXPECT_EQ(peer.answer().value_or(Answer()).body, "at last");
}

TEST(ServerLimits, IdleConnectionsAreClosedSilently) {
  EchoServer server(kShort);
  Peer fresh(server.address()), used(server.address());
  EXPECT_EQ(used.status_of(get("/echo")), 200U);
  EXPECT_TRUE(used.silent(300ms));
  EXPECT_TRUE(used.closed(500ms));
  EXPECT_TRUE(fresh.closed(500ms));
  EXPECT_TRUE(server.has_connections(0));
}

TEST(ServerLimits, ManyConnectionsAreTurnedAway) {
  EchoServer server({.connections_max = 3}, 2);
  std::vector<std::unique_ptr<Peer>> peers;
  for (int i = 0; i < 3; ++i) {
    peers.push_back(std::make_unique<Peer>(server.address()));
    EXPECT_EQ(peers.back()->status_of(get("/echo")), 200U);
  }
  for (int i = 0; i < 5; ++i) {
    Peer one_too_many(server.address());
    const auto answer = one_too_many.exchange(post("/echo", "body"));
    EXPECT_EQ(answer.value_or(Answer()).status, 503U);
    EXPECT_EQ(answer.value_or(Answer()).headers["connection"], "close");
    EXPECT_TRUE(one_too_many.closed());
  }
  for (auto& peer : peers) EXPECT_EQ(peer->status_of(get("/echo")), 200U);
  peers.pop_back();
  EXPECT_TRUE(server.has_connections(2));
  Peer next(server.address());
  EXPECT_EQ(next.status_of(get("/echo")), 200U);
}

TEST(ServerLimits, ManyTurnedAwayConnectionsAreNotKept) {
  EchoServer server({.connections_max = 1});
  std::vector<std::unique_ptr<Peer>> peers;
  for (int i = 0; i < 400; ++i) peers.push_back(std::make_unique<Peer>(server.address()));
  EXPECT_TRUE(peers.back()->closed());
  EXPECT_LE(server->statistics().connections, 1U + 256U);
}

TEST(ServerLimits, PeersThatDoNotReadAreCut) {
  EchoServer server(kShort);
  Peer peer(server.address(), 4096);
  std::string requests;
  for (int i = 0; i < 40; ++i) requests += get("/large");
  peer.send(requests);
  EXPECT_TRUE(server.has_connections(1));
  EXPECT_TRUE(server.has_connections(0));
}

TEST(ServerLimits, PeersThatReadSlowlyAreServed) {
  EchoServer server(kShort);
  constexpr std::size_t kAnswers = 8;  // More than the system's buffers take.
  Peer peer(server.address(), 65536);
  for (std::size_t i = 0; i < kAnswers; ++i) peer.send(get("/large"));
  std::size_t total = 0;
  static char bytes[400'000];
  while (total < kAnswers * EchoService::kLargeBytes) {
    std::this_thread::sleep_for(8ms);  // All in all longer than the time-out.
    const auto count = ::recv(peer.socket(), bytes, sizeof bytes, 0);
    ASSERT_GT(count, 0) << total;
    total += static_cast<std::size_t>(count);
  }
}

TEST(ServerLimits, RequestsThatWaitForMemoryAreRefused) {
  EchoServer server({.buffered_bytes_max = 300'000});
  const std::string large = post("/echo", std::string(500'000, 'b')), small = post("/echo", "small");
  Peer peer(server.address()), other(server.address());
  EXPECT_EQ(peer.status_of(large), 503U);
  EXPECT_TRUE(peer.closed());
  EXPECT_EQ(other.status_of(small), 200U);
  EXPECT_EQ(Peer(server.address()).status_of(post("/nowhere", std::string(500'000, 'b'))), 404U)
      << "what is dropped needs no memory";
  EXPECT_EQ(other.status_of(post("/echo", std::string(100'000, 'b'))), 200U) << "memory comes back";
}

TEST(ServerLimits, LingeringEnds) {
  EchoServer server(kShort);
  Peer peer(server.address());
  peer.send("nonsense\r\n\r\n");
  EXPECT_EQ(peer.answer().value_or(Answer()).status, 400U);
  const double time = milliseconds([&] {
    for (int i = 0; i < 200 && peer.send("more"); ++i) std::this_thread::sleep_for(10ms);
  });
  EXPECT_NEAR(time, 250, 150);
  EXPECT_TRUE(server.has_connections(0));
}

TEST(ServerLimits, OutOfDescriptorsIsNotTheEnd) {
  EchoServer server;
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  rlimit few = before;
  few.rlim_cur = 40;
  ::setrlimit(RLIMIT_NOFILE, &few);
  std::vector<std::unique_ptr<Peer>> peers;
  while (peers.size() < 40) {
    peers.push_back(std::make_unique<Peer>(server.address()));
    if (!peers.back()->connected()) break;
  }
  rusage start{}, end{};
  ::getrusage(RUSAGE_SELF, &start);
  std::this_thread::sleep_for(300ms);
  ::getrusage(RUSAGE_SELF, &end);
  EXPECT_EQ(end.ru_utime.tv_sec, start.ru_utime.tv_sec + (end.ru_utime.tv_usec < start.ru_utime.tv_usec ? 1 : 0))
      << "spins";
  peers.clear();
  ::setrlimit(RLIMIT_NOFILE, &before);
  Peer peer(server.address());
  EXPECT_EQ(peer.status_of(get("/echo")), 200U);
}

}  // namespace
}  // namespace hookledger::testing
