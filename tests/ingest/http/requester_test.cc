#include "ingest/http/requester.h"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include "tests/ingest/http/echo_server.h"

namespace hookledger::http {
namespace {

using testing::EchoServer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

/// Says the answers one after the other, so many on each connection, and counts the connections.
class Scripted {
 public:
  Scripted(std::vector<std::string> answers, std::size_t on_each)
      : socket_(::socket(AF_INET, SOCK_STREAM, 0)), answers_(std::move(answers)), on_each_(on_each) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(socket_, 8), 0);
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this] { serve(); });
  }
  ~Scripted() {
    ::shutdown(socket_, SHUT_RDWR);
    thread_.join();
    ::close(socket_);
  }
  Url url() const { return parse_url(url_).value(); }
  int connections() const { return connections_; }

 private:
  void serve() {
    for (std::size_t next = 0; next < answers_.size();) {
      const int peer = ::accept(socket_, nullptr, nullptr);
      if (peer < 0) return;
      ++connections_;
      for (std::size_t i = 0; i < on_each_ && next < answers_.size(); ++i) {
        char request[4096];
        if (::recv(peer, request, sizeof request, 0) <= 0) break;
        const std::string& answer = answers_[next++];
        ::send(peer, answer.data(), answer.size(), MSG_NOSIGNAL);
      }
      ::close(peer);
    }
  }

  const int socket_;
  const std::vector<std::string> answers_;
  const std::size_t on_each_;
  std::string url_;
  std::atomic<int> connections_ = 0;
  std::thread thread_;
};

std::string answer(const std::string& body, const std::string& headers = {}) {
  return "HTTP/1.1 200 OK\r\n" + headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

TEST(Requester, ReadsBodyAndTheHeadersThatAreWanted) {
  Scripted server({answer("body", "X-Two: 2\r\nx-one: 1\r\n")}, 1);
  Requester requester(server.url(), 1000);
  const auto got = requester.ask({.target = "/x", .wanted = {"x-one", "x-none", "x-two"}}, 10s);
  ASSERT_TRUE(got) << got.error().detail;
  EXPECT_EQ(got->status, 200u);
  EXPECT_EQ(got->body, "body");
  EXPECT_THAT(got->headers, ElementsAre("1", "", "2"));
}

TEST(Requester, KeepsTheConnectionForTheNextRequest) {
  Scripted server({answer("a"), answer("b"), answer("c")}, 3);
  Requester requester(server.url(), 1000);
  for (const char* body : {"a", "b", "c"}) EXPECT_EQ(requester.ask({.target = "/x"}, 10s)->body, body);
  EXPECT_EQ(server.connections(), 1);
}

TEST(Requester, AsksAgainOnANewConnectionWhenTheKeptOneWasClosed) {
  Scripted server({answer("a"), answer("b"), answer("c")}, 1);
  Requester requester(server.url(), 1000);
  for (const char* body : {"a", "b", "c"}) {
    const auto got = requester.ask({.target = "/x"}, 10s);
    ASSERT_TRUE(got) << got.error().detail;
    EXPECT_EQ(got->body, body);
  }
  EXPECT_EQ(server.connections(), 3);
}

TEST(Requester, WaitsOnceForAServerThatIsSilentOnAKeptConnection) {
  Scripted server({answer("a"), "", answer("b")}, 3);
  Requester requester(server.url(), 1000);
  EXPECT_TRUE(requester.ask({.target = "/x"}, 10s));
  EXPECT_FALSE(requester.ask({.target = "/x"}, 200ms)) << "asked again, it would answer";
  EXPECT_EQ(requester.ask({.target = "/x"}, 10s)->body, "b");
}

TEST(Requester, DoesNotRepeatWhatMayHaveHadAnEffect) {
  Scripted server({answer("a"), answer("b")}, 1);
  Requester requester(server.url(), 1000);
  EXPECT_TRUE(requester.ask({.method = "POST", .target = "/x"}, 10s));
  EXPECT_FALSE(requester.ask({.method = "POST", .target = "/x"}, 10s));
  EXPECT_TRUE(requester.ask({.method = "POST", .target = "/x"}, 10s)) << "the next one has a connection of its own";
}

TEST(Requester, HoldsNoMoreThanItMay) {
  Scripted server({answer(std::string(1001, 'x')), answer(std::string(1000, 'x')),
                   "HTTP/1.1 200 OK\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n"},
                  1);
  Requester requester(server.url(), 1000);
  const auto large = requester.ask({.target = "/x"}, 10s);
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(large.error().detail, HasSubstr("body limit"));
  EXPECT_EQ(requester.ask({.target = "/x"}, 10s)->body.size(), 1000u);
  EXPECT_FALSE(requester.ask({.target = "/x"}, 10s));
}

TEST(Requester, GoesOnAfterATimeoutAndWhenItWasStopped) {
  EchoServer server;
  Requester requester(parse_url("http://" + server.address()).value(), 4 << 20);
  EXPECT_TRUE(requester.ask({.target = "/echo"}, 10s));
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(requester.ask({.target = "/echo"}, 10s, stop.get_token()));
  EXPECT_FALSE(requester.ask({.target = "/echo"}, 0ms));
  EXPECT_TRUE(requester.ask({.target = "/echo"}, 10s));
}

}  // namespace
}  // namespace hookledger::http
