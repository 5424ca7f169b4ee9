// What the server says, on real sockets, as long as nobody is late.

#include <gmock/gmock.h>
#include <string>
#include <thread>

#include "tests/ingest/http/echo_server.h"
#include "tests/ingest/http/peer.h"
#include "tests/support/seeded.h"

namespace hookledger::testing {
namespace {

using namespace std::chrono_literals;

TEST(Server, AnswersAndKeepsTheConnection) {
  EchoServer server;
  Peer peer(server.address());
  for (int i = 0; i < 3; ++i) {
    const auto answer = peer.exchange(post("/echo?q=1", "hello " + std::to_string(i)));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200U);
    EXPECT_EQ(answer->body, "hello " + std::to_string(i));
    EXPECT_EQ(answer->headers.at("content-type"), "application/json");
    EXPECT_EQ(answer->headers.at("x-method"), "POST");
    EXPECT_EQ(answer->headers.count("connection"), 0U);
  }
  EXPECT_EQ(server->statistics().connections, 1U);
}

TEST(Server, ListensOnIpv6) {
  EchoServer server({}, 1, {}, "[::1]:0");
  EXPECT_TRUE(server.address().starts_with("[::1]:")) << server.address();
}

TEST(Server, PipelinedRequestsAreAnsweredInOrder) {
  EchoServer server;
  Peer peer(server.address());
  std::string requests;
  for (int i = 0; i < 20; ++i) requests += post(i % 3 == 0 ? "/flushed" : "/echo", "-" + std::to_string(i));
  peer.send(requests);
  for (int i = 0; i < 20; ++i) {
    const auto answer = peer.answer();
    ASSERT_TRUE(answer) << i;
    EXPECT_TRUE(answer->body.ends_with("-" + std::to_string(i))) << answer->body;
  }
  EXPECT_TRUE(peer.silent(50ms));
}

TEST(Server, AnswersGivenInAnyOrderGoOutInOrder) {
  EchoServer server({.pipelined_max = 4});
  Peer peer(server.address());
  for (int i = 0; i < 6; ++i) peer.send(post("/held", ""));
  ASSERT_TRUE(server.held().wait_for(4));
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(server.held().count(), 4U) << "more in work than allowed";
  for (const std::size_t i : {2, 1, 3}) server.held().answer(i, std::to_string(i));
  EXPECT_TRUE(peer.silent(50ms));
  server.held().answer(0, "0");
  server.held().answer(0, "twice");
  ASSERT_TRUE(server.held().wait_for(6));
  for (const std::size_t i : {5, 4}) server.held().answer(i, std::to_string(i));
  for (int i = 0; i < 6; ++i) EXPECT_EQ(peer.answer().value_or(Answer()).body, std::to_string(i));
}

TEST(Server, WorksOnAllThatWasReadAtOnce) {
  EchoServer server;
  Peer peer(server.address());
  std::string requests;
  for (int i = 0; i < 10; ++i) requests += post("/flushed", "!");
  peer.send(requests);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(peer.answer().value_or(Answer()).body, "10!");
}

TEST(Server, BytesMayComeOneByOne) {
  EchoServer server;
  Peer peer(server.address());
  for (const std::string& request : {post("/echo", "slowly"), post_chunked("/echo", chunked("slowly", 2))}) {
    for (const char byte : request) ASSERT_TRUE(peer.send({&byte, 1}));
    EXPECT_EQ(peer.answer().value_or(Answer()).body, "slowly");
  }
}

TEST(Server, TrailersAreNoHeaders) {
  EchoServer server;
  Peer peer(server.address());
  const auto answer =
      peer.exchange(post_chunked("/headers?a=b", "3;x=\"y\"\r\nabc\r\n0\r\nTelnyx-Signature-Ed25519: z\r\n\r\n"));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "a=b\nHost=x\nTransfer-Encoding=chunked\n");
}

TEST(Server, HeadIsAnsweredWithoutBody) {
  EchoServer server;
  Peer peer(server.address());
  peer.send("HEAD /large HTTP/1.1\r\n\r\n" + get("/echo"));
  const auto answer = peer.answer(true);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->headers.at("content-length"), std::to_string(EchoService::kLargeBytes));
  EXPECT_EQ(peer.answer().value_or(Answer()).status, 200U);
}

TEST(Server, Http10ClosesUnlessAsked) {
  EchoServer server;
  {
    Peer peer(server.address());
    const auto answer = peer.exchange("GET /echo HTTP/1.0\r\n\r\n");
    EXPECT_EQ(answer.value_or(Answer()).headers["connection"], "close");
    EXPECT_TRUE(peer.closed());
  }
  Peer peer(server.address());
  const auto answer = peer.exchange("GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(answer.value_or(Answer()).headers["connection"], "keep-alive");
  EXPECT_EQ(peer.status_of(get("/echo")), 200U);
}

TEST(Server, ClosesWhenEitherSideSaysSo) {
  EchoServer server;
  for (const std::string& request : {get("/echo", "Connection: close\r\n"), get("/last")}) {
    Peer peer(server.address());
    peer.send(request + get("/echo"));
    EXPECT_EQ(peer.answer().value_or(Answer()).headers["connection"], "close");
    EXPECT_TRUE(peer.closed());
  }
}

TEST(Server, AnswersAPeerThatHasEndedItsOutput) {
  EchoServer server;
  Peer peer(server.address());
  peer.send(post("/held", "") + post("/held", "") + "POST /held HT");
  peer.end_output();
  ASSERT_TRUE(server.held().wait_for(2));
  std::this_thread::sleep_for(30ms);
  server.held().answer(0, "one");
  server.held().answer(1, "two");
  EXPECT_EQ(peer.answer().value_or(Answer()).body, "one");
  EXPECT_EQ(peer.answer().value_or(Answer()).body, "two");
  EXPECT_TRUE(peer.closed());
}

TEST(Server, RefusesAndLetsThePeerSeeIt) {
  EchoServer server({.body_bytes_max = 1000});
  const std::string large(1001, 'b');
  const std::vector<std::pair<std::string, unsigned>> cases = {
      {"nonsense\r\n\r\n", 400},
      {"POST /echo HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"POST /echo HTTP/1.1\r\n\r\n", 411},
      {"PUT /echo HTTP/1.1\r\n\r\n", 411},
      {"PATCH /echo HTTP/1.1\r\n\r\n", 411},
      {post("/echo", large), 413},
      {post_chunked("/echo", chunked(large, 400)), 413},
      {"POST /echo HTTP/1.1\r\nContent-Length: 18446744073709551615\r\n\r\n", 413},
      {get("/echo", "X: " + std::string(16 * 1024, 'x') + "\r\n"), 431},
      {get("/nowhere", "X: " + std::string(16 * 1024, 'x') + "\r\n"), 431},
      {"POST /nowhere HTTP/1.1\r\n\r\n", 404},
      {post("/nowhere", large), 404},
      {post_chunked("/nowhere", chunked(large, 400)), 404},
  };
  for (const auto& [request, status] : cases) {
    Peer peer(server.address());
    peer.send(post("/echo", "before") + request +
              std::string(300'000, 'z'));  // What comes behind must not make it a reset.
    EXPECT_EQ(peer.answer().value_or(Answer()).body, "before");
    const auto answer = peer.answer();
    ASSERT_TRUE(answer) << request.substr(0, 100);
    EXPECT_EQ(answer->status, status) << request.substr(0, 100);
    EXPECT_EQ(answer->headers.at("connection"), "close");
    EXPECT_TRUE(peer.closed());
  }
  Peer peer(server.address());
  EXPECT_EQ(peer.status_of(post("/echo", large.substr(1))), 200U);
  EXPECT_EQ(peer.status_of(post_chunked("/echo", chunked(large.substr(1), 400))), 200U);
  EXPECT_EQ(peer.status_of("DELETE /echo HTTP/1.1\r\n\r\n"), 200U);
}

TEST(Server, AnEarlyAnswerKeepsTheConnectionWhenTheBodyHasComeWithTheHead) {
  EchoServer server;
  Peer peer(server.address());
  EXPECT_EQ(peer.status_of(get("/nowhere")), 404U);
  EXPECT_EQ(peer.status_of(post("/nowhere", std::string(5'000, 'b'))), 404U);
  EXPECT_EQ(peer.status_of(post_chunked("/nowhere", chunked(std::string(5'000, 'b'), 777))), 404U);
  EXPECT_EQ(peer.status_of(post("/echo", "b")), 200U);
}

TEST(Server, AnEarlyAnswerWaitsForNoBody) {
  EchoServer server;
  const std::string body(100'000, 'b');
  for (const std::string& request :
       {post("/nowhere", body), post_chunked("/nowhere", chunked(body, 777)), post("/nowhere", "body")}) {
    Peer peer(server.address());
    const std::size_t begun = request.size() - 3;
    peer.send(request.substr(0, begun));
    const auto answer = peer.answer();
    ASSERT_TRUE(answer) << request.substr(0, 100);
    EXPECT_EQ(answer->status, 404U);
    EXPECT_EQ(answer->headers.at("connection"), "close");
    peer.send(request.substr(begun) + get("/echo"));
    EXPECT_TRUE(peer.closed()) << "nothing behind it is read";
  }
}

TEST(Server, TellsWhoWaitsToContinue) {
  EchoServer server;
  const std::string head = "POST /held HTTP/1.1\r\nContent-Length: 4\r\n\r\n";
  const std::string waiting = "POST /echo HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n";
  Peer peer(server.address());
  EXPECT_EQ(peer.status_of(waiting), 100U);
  EXPECT_EQ(peer.exchange("body").value_or(Answer()).body, "body");
  EXPECT_EQ(peer.status_of(waiting + "body"), 200U) << "the body is there already";
  EXPECT_EQ(peer.status_of("POST /echo HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n"), 200U);
  EXPECT_EQ(peer.status_of("POST /echo HTTP/1.1\r\nExpect: something\r\nContent-Length: 1\r\n\r\nb"), 200U);

  peer.send(head + "body" + waiting);  // Not before the answer to what came earlier.
  ASSERT_TRUE(server.held().wait_for(1));
  EXPECT_TRUE(peer.silent(50ms));
  server.held().answer(0, "first");
  EXPECT_EQ(peer.answer().value_or(Answer()).body, "first");
  EXPECT_EQ(peer.answer().value_or(Answer()).status, 100U);
  EXPECT_EQ(peer.status_of("body"), 200U);
}

TEST(Server, DoesNotAskForABodyThatItWillNotTake) {
  EchoServer server;
  for (const auto& [path, length, status] : {std::tuple("/nowhere", "4", 404U), std::tuple("/echo", "9999999", 413U),
                                             std::tuple("/nowhere", "9999999", 404U)}) {
    Peer peer(server.address());
    EXPECT_EQ(peer.status_of("POST " + std::string(path) +
                             " HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: " + length + "\r\n\r\n"),
              status);
    EXPECT_TRUE(peer.closed());
  }
}

TEST(Server, WorkOfPeersThatAreGoneIsForgotten) {
  EchoServer server;
  for (const bool abruptly : {false, true}) {
    const std::size_t before = server.held().count();
    Peer peer(server.address());
    peer.send(post("/held", "") + post("/held", ""));
    ASSERT_TRUE(server.held().wait_for(before + 2));
    if (abruptly) {
      peer.abort();
    } else {
      peer.close();
    }
    EXPECT_TRUE(!abruptly || server.has_connections(0));
    server.held().answer(before + 1, "nobody hears this");
    server.held().answer(before, "nor this");
    EXPECT_TRUE(server.has_connections(0));
  }
  Peer peer(server.address());
  EXPECT_EQ(peer.status_of(get("/echo")), 200U);
}

TEST(Server, ThreadsShareTheConnections) {
  EchoServer server({}, 3);
  std::vector<std::unique_ptr<Peer>> peers;
  for (int i = 0; i < 60; ++i) peers.push_back(std::make_unique<Peer>(server.address()));
  for (auto& peer : peers) peer->send(post("/held", ""));
  ASSERT_TRUE(server.held().wait_for(60));
  EXPECT_EQ(server.held().responders(), 3U);
  for (std::size_t i = 0; i < 60; ++i) server.held().answer(i, "held");
  for (auto& peer : peers) EXPECT_EQ(peer->answer().value_or(Answer()).body, "held");
}

TEST(Server, SurvivesAnyBytes) {
  EchoServer server({.body_bytes_max = 10'000, .linger = 100ms}, 2);
  auto random = seeded_generator();
  const std::vector<std::string> words = {"GET ",
                                          "POST ",
                                          "/echo",
                                          "/held",
                                          " HTTP/1.1\r\n",
                                          "\r\n",
                                          "\r\n\r\n",
                                          "Content-Length: ",
                                          "5",
                                          "Transfer-Encoding: chunked\r\n",
                                          "0\r\n\r\n",
                                          "Expect: 100-continue\r\n",
                                          std::string(3, '\0'),
                                          "Connection: close\r\n",
                                          "a: ",
                                          ":",
                                          " ",
                                          "3\r\nabc\r\n",
                                          post("/echo", "x"),
                                          get("/large")};
  for (int run = 0; run < 300; ++run) {
    Peer peer(server.address());
    for (std::size_t word = random_below(random, 30); word > 0; --word) {
      std::string bytes = words[random_below(random, words.size())];
      if (random_below(random, 10) == 0)
        bytes[random_below(random, bytes.size())] = static_cast<char>(random_below(random, 256));
      if (!peer.send(bytes)) break;
    }
    if (random_below(random, 2) == 0) peer.abort();
  }
  Peer peer(server.address());
  EXPECT_EQ(peer.status_of(get("/echo")), 200U);
  EXPECT_TRUE(server.has_connections(1));
}

TEST(Server, SaysWhyItCannotStart) {
  const SteadyClock clock;
  Held held;
  const auto start = [&](const std::string& address) {
    http::Server server(
        {.address = address, .limits = {}, .tls = {}, .clock = &clock, .make_service = [&](http::Responder& responder) {
           return std::make_unique<EchoService>(responder, held);
         }});
    return server.start().value_or("");
  };
  EchoServer server;
  EXPECT_THAT(start(server.address()), ::testing::HasSubstr("in use"));
  for (const char* address :
       {"nonsense", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "::1:80", "[127.0.0.1]:80", ":80", "x:80"}) {
    EXPECT_THAT(start(address), ::testing::HasSubstr("give ADDR:PORT")) << address;
  }
  EXPECT_THAT(start("192.0.2.1:0"), ::testing::HasSubstr("cannot listen on 192.0.2.1:0"))
      << "not an address of this machine";
  Peer peer(server.address());
  EXPECT_EQ(peer.status_of(get("/echo")), 200U) << "the one that was there is as it was";
}

}  // namespace
}  // namespace hookledger::testing
