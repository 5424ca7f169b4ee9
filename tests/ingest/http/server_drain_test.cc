// Stopping: what has begun is answered, what is idle is closed, and it ends in time.

#include <atomic>
#include <gmock/gmock.h>
#include <string>
#include <thread>

#include "tests/ingest/http/echo_server.h"
#include "tests/ingest/http/peer.h"

namespace hookledger::testing {
namespace {

using namespace std::chrono_literals;

class ServerDrain : public ::testing::Test {
 protected:
  void drain(std::chrono::milliseconds timeout = 5s) {
    thread_ = std::thread([=, this] {
      const auto begin = std::chrono::steady_clock::now();
      server_->drain(timeout);
      took_ = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
    });
  }
  std::chrono::milliseconds drained() {
    thread_.join();
    return took_;
  }

  EchoServer server_{{.linger = 500ms}, 2};
  std::thread thread_;
  std::chrono::milliseconds took_{};
};

TEST_F(ServerDrain, WithNobodyThereEndsAtOnce) {
  drain();
  EXPECT_LT(drained(), 200ms);
  EXPECT_FALSE(Peer(server_.address()).connected());
}

TEST_F(ServerDrain, ClosesIdleConnections) {
  Peer fresh(server_.address()), used(server_.address());
  EXPECT_EQ(used.status_of(get("/echo")), 200U);
  drain();
  EXPECT_TRUE(fresh.closed());
  EXPECT_TRUE(used.closed());
  EXPECT_LT(drained(), 1s);
}

TEST_F(ServerDrain, AnswersWhatIsInWork) {
  Peer peer(server_.address());
  peer.send(post("/held", "") + post("/held", ""));
  ASSERT_TRUE(server_.held().wait_for(2));
  drain();
  std::this_thread::sleep_for(300ms);
  server_.held().answer(0, "one");
  server_.held().answer(1, "two");
  const auto one = peer.answer(), two = peer.answer();
  ASSERT_TRUE(one && two);
  EXPECT_EQ(one->headers.count("connection"), 0U);
  EXPECT_EQ(two->body, "two");
  EXPECT_EQ(two->headers.at("connection"), "close");
  peer.close();
  EXPECT_LT(drained(), 1500ms);
}

TEST_F(ServerDrain, AnswersWhatHasBegunToArrive) {
  const std::string request = post("/echo", "all of it");
  Peer head(server_.address()), body(server_.address());
  head.send(request.substr(0, 10));
  body.send(request.substr(0, request.size() - 3));
  std::this_thread::sleep_for(50ms);
  drain();
  std::this_thread::sleep_for(300ms);
  head.send(request.substr(10));
  body.send(request.substr(request.size() - 3));
  for (Peer* peer : {&head, &body}) {
    const auto answer = peer->answer();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->body, "all of it");
    EXPECT_EQ(answer->headers.at("connection"), "close");
    peer->close();
  }
  drained();
}

TEST_F(ServerDrain, AnswersAllThatWasPipelined) {
  Peer peer(server_.address());
  std::string requests;
  for (int i = 0; i < 100; ++i) requests += post(i < 16 ? "/held" : "/echo", std::to_string(i));
  peer.send(requests);
  ASSERT_TRUE(server_.held().wait_for(16));
  drain();
  std::this_thread::sleep_for(50ms);
  for (std::size_t i = 0; i < 16; ++i) server_.held().answer(i, std::to_string(i));
  for (int i = 0; i < 100; ++i) {
    const auto answer = peer.answer();
    ASSERT_TRUE(answer) << i;
    EXPECT_EQ(answer->body, std::to_string(i));
    EXPECT_EQ(answer->headers.count("connection"), i == 99 ? 1U : 0U);
  }
  peer.close();
  drained();
}

TEST_F(ServerDrain, AnswersWhatComesShortlyAfter) {
  Peer peer(server_.address());
  EXPECT_EQ(peer.status_of(get("/echo")), 200U);
  drain();
  std::this_thread::sleep_for(20ms);
  const auto answer = peer.exchange(get("/echo"));
  EXPECT_EQ(answer.value_or(Answer()).status, 200U);
  EXPECT_EQ(answer.value_or(Answer()).headers["connection"], "close");
  peer.close();
  EXPECT_LT(drained(), 1s);
}

TEST_F(ServerDrain, TellsWhoIsNotAnsweredInTime) {
  Peer waiting(server_.address()), slow(server_.address());
  waiting.send(post("/held", ""));
  slow.send("POST /echo HT");
  ASSERT_TRUE(server_.held().wait_for(1));
  std::this_thread::sleep_for(50ms);
  drain(600ms);
  for (Peer* peer : {&waiting, &slow}) {
    const auto answer = peer->answer();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 503U);
    EXPECT_EQ(answer->body, "stopping");
    EXPECT_EQ(answer->headers.at("connection"), "close");
  }
  EXPECT_LT(drained(), 1000ms);
  server_.held().answer(0, "too late");
}

TEST_F(ServerDrain, EndsInTimeWhateverPeersDo) {
  Peer deaf(server_.address(), 4096), chatty(server_.address());
  for (int i = 0; i < 16; ++i) deaf.send(get("/large"));
  std::atomic<bool> over{false};
  std::thread chatter([&] {
    while (!over && chatty.send(get("/echo") + get("/echo"))) {
    }
  });
  std::thread listener([&] {
    while (chatty.answer()) {
    }
  });
  std::this_thread::sleep_for(50ms);
  drain(1s);
  EXPECT_LT(drained(), 1500ms);
  over = true;
  chatter.join();
  listener.join();
}

TEST_F(ServerDrain, UnderLoadNobodyIsLeftWithoutAnAnswer) {
  // Peers come one after another until none is let in; each that was connected is answered.
  std::atomic<int> silent{0}, answered{0};
  std::atomic<bool> draining{false};
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([&] {
      while (true) {
        const bool before = !draining;
        Peer peer(server_.address());
        if (!peer.connected() || !peer.send(get("/echo"))) return;
        if (peer.answer()) {
          ++answered;
        } else if (before && !draining) {
          ++silent;
        } else {
          return;
        }
      }
    });
  }
  std::this_thread::sleep_for(100ms);
  draining = true;
  drain();
  drained();
  for (auto& client : clients) client.join();
  EXPECT_EQ(silent, 0);
  EXPECT_GT(answered, 10);
}

TEST(ServerEnd, DoesNotWaitForPeersThatStayOnceTheyHaveTheirAnswer) {
  EchoServer server({.linger = 10s});
  Peer before(server.address()), after(server.address());
  EXPECT_EQ(before.status_of(get("/last")), 200U);
  after.send(post("/held", ""));
  ASSERT_TRUE(server.held().wait_for(1));
  const auto begin = std::chrono::steady_clock::now();
  std::thread drain([&] { server->drain(10s); });
  std::this_thread::sleep_for(50ms);
  server.held().answer(0, "done");
  EXPECT_EQ(after.answer().value_or(Answer()).body, "done");
  drain.join();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
}

TEST(ServerEnd, TakesWhatWaitsInTheBacklog) {
  EchoServer server;
  std::unique_lock closed(server.held().gate);
  Peer first(server.address());
  first.send(get("/gate"));
  std::this_thread::sleep_for(50ms);
  std::vector<std::unique_ptr<Peer>> waiting;  // Nobody accepts them.
  for (int i = 0; i < 5; ++i) {
    waiting.push_back(std::make_unique<Peer>(server.address()));
    waiting.back()->send(get("/echo"));
  }
  std::thread drain([&] { server->drain(5s); });
  std::this_thread::sleep_for(50ms);
  closed.unlock();
  EXPECT_TRUE(first.answer());
  for (auto& peer : waiting) {
    EXPECT_EQ(peer->answer().value_or(Answer()).headers["connection"], "close");
    peer->close();
  }
  first.close();
  drain.join();
}

TEST(ServerEnd, CutsWhateverGoesOn) {
  auto server = std::make_unique<EchoServer>(http::Limits{}, 2);
  Peer peer(server->address());
  peer.send(post("/held", ""));
  ASSERT_TRUE(server->held().wait_for(1));
  server.reset();
  EXPECT_TRUE(peer.closed());
}

TEST(ServerEnd, PostSaysThatItWillNotRun) {
  EchoServer server;
  Peer peer(server.address());
  peer.send(post("/held", ""));
  ASSERT_TRUE(server.held().wait_for(1));
  EXPECT_TRUE(server.held().answer(0, "answer"));
  EXPECT_TRUE(peer.answer());
  server->drain(100ms);
  EXPECT_FALSE(server.held().answer(0, "nobody"));
}

}  // namespace
}  // namespace hookledger::testing
