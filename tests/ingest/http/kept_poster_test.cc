#include "ingest/http/kept_poster.h"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include "tests/ingest/http/certificate.h"
#include "tests/ingest/http/echo_server.h"
#include "tests/support/temporary_folder.h"

namespace hookledger::http {
namespace {

using testing::Certificates;
using testing::EchoServer;
using ::testing::HasSubstr;
using testing::TemporaryFolder;
using namespace std::chrono_literals;

const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

/// Answers the requests of each connection with the texts that it is given, in order, and then closes; what is behind a
/// form feed comes a little later, and of an empty text it says nothing. When there is no connection left it closes its
/// listener.
class Scripted {
 public:
  using Answers = std::vector<std::string>;
  using Script = std::vector<Answers>;

  explicit Scripted(Script connections)
      : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), connections_(std::move(connections)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_, 8), 0);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/hook";
    thread_ = std::jthread([this] { serve(); });
  }
  ~Scripted() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }

  const std::string& url() const { return url_; }
  /// Bodies, in order.
  std::vector<std::string> bodies() {
    const std::lock_guard lock(mutex_);
    return bodies_;
  }

 private:
  void serve() {
    for (const Answers& answers : connections_) {
      const int peer = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (peer < 0) return;
      for (const std::string& answer : answers) {
        if (!read_request(peer)) break;
        const auto rest = std::min(answer.find('\f'), answer.size());
        ::send(peer, answer.data(), rest, MSG_NOSIGNAL);
        if (rest < answer.size()) {
          std::this_thread::sleep_for(50ms);
          ::send(peer, answer.data() + rest + 1, answer.size() - rest - 1, MSG_NOSIGNAL);
        }
        // What says nothing holds the connection open until the other side goes.
        if (answer.empty()) read_request(peer);
      }
      ::close(peer);
    }
  }

  bool read_request(int peer) {
    std::string request;
    std::size_t end = std::string::npos;
    while (end == std::string::npos || request.size() < end + 4 + 4) {  // Bodies have 4 bytes here.
      char bytes[4096];
      const ssize_t count = ::recv(peer, bytes, sizeof bytes, 0);
      if (count <= 0) return false;
      request.append(bytes, static_cast<std::size_t>(count));
      end = request.find("\r\n\r\n");
    }
    const std::lock_guard lock(mutex_);
    bodies_.push_back(request.substr(end + 4));
    return true;
  }

  const int listener_;
  const Script connections_;
  std::string url_;
  std::mutex mutex_;
  std::vector<std::string> bodies_;
  std::jthread thread_;
};

Result<PostAnswer> post(KeptPoster& poster, std::string_view body = "body", std::stop_token stop = {}) {
  const auto begun = poster.begin({{"content-type", "text/plain"}}, body, std::move(stop));
  if (!begun) return begun.error();
  while (true) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(poster.deadline() - std::chrono::steady_clock::now());
    pollfd file{poster.file(), POLLIN, 0};
    EXPECT_GE(::poll(&file, 1, static_cast<int>(std::max(left, 0ms).count())), 0);
    if (auto answer = poster.finish()) return std::move(*answer);
  }
}

unsigned status(KeptPoster& poster, std::string_view body = "body") {
  const auto answer = post(poster, body);
  EXPECT_TRUE(answer) << answer.error().detail;
  return answer ? answer->status : 0;
}

KeptPoster to(const std::string& url, std::chrono::milliseconds timeout = 10s) {
  const Url parsed = parse_url(url).value();
  return KeptPoster(parsed, timeout, parsed.tls ? make_tls_client() : nullptr);
}

TEST(KeptPoster, KeepsItsConnection) {
  EchoServer server;
  KeptPoster poster = to("http://" + server.address() + "/echo");
  for (int i = 0; i < 20; ++i) EXPECT_EQ(status(poster), 200U);
  EXPECT_EQ(server->statistics().connections, 1U);
  KeptPoster missing = to("http://" + server.address() + "/nothing");
  EXPECT_EQ(status(missing), 404U);
}

TEST(KeptPoster, SaysWhatToWaitFor) {
  Scripted busy(
      {{"HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", kOk}});
  KeptPoster poster = to(busy.url());
  const auto answer = post(poster);
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_EQ(answer->status, 503U);
  EXPECT_EQ(answer->retry_after, "7");
  EXPECT_EQ(status(poster), 200U) << "the body was read, and the connection kept";
}

TEST(KeptPoster, WhatWasClosedMeanwhileIsSentOnceMore) {
  Scripted forgetful(Scripted::Script{{kOk, kOk}, {kOk}, {"HTTP/1.1 201 Made\r\nConnection: close\r\n\r\n"}, {kOk}});
  KeptPoster poster = to(forgetful.url());
  for (const char* body : {"one1", "two2", "thr3"}) EXPECT_EQ(status(poster, body), 200U);
  EXPECT_EQ(status(poster, "fou4"), 201U);
  EXPECT_EQ(status(poster, "fiv5"), 200U);
  EXPECT_EQ(forgetful.bodies(), (std::vector<std::string>{"one1", "two2", "thr3", "fou4", "fiv5"}));
}

TEST(KeptPoster, WhatCameUnaskedIsNoAnswer) {
  Scripted server({{kOk + "\f" + kOk, kOk}, {"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"}});
  KeptPoster poster = to(server.url());
  EXPECT_EQ(status(poster, "one."), 200U);
  pollfd file{poster.file(), POLLIN, 0};
  ASSERT_EQ(::poll(&file, 1, 30'000), 1);
  EXPECT_EQ(status(poster, "two."), 500U);
  EXPECT_EQ(server.bodies(), (std::vector<std::string>{"one.", "two."}));
}

TEST(KeptPoster, AHeadMayBeLargeButNotAnySize) {
  const auto answer = [](std::size_t cookie) {
    return "HTTP/1.1 200 OK\r\nSet-Cookie: " + std::string(cookie, 'c') + "\r\nContent-Length: 0\r\n\r\n";
  };
  Scripted server({{answer(20'000), answer(200'000)}});
  KeptPoster poster = to(server.url());
  EXPECT_EQ(status(poster), 200U);
  const auto refused = post(poster);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().detail, HasSubstr("head"));
}

TEST(KeptPoster, AFreshConnectionThatIsClosedIsNoAnswer) {
  Scripted rude(Scripted::Script{{}, {}});
  KeptPoster poster = to(rude.url());
  const auto answer = post(poster);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable);
}

TEST(KeptPoster, WhatGetsNoAnswerInTimeIsNotSentAgain) {
  Scripted slow(Scripted::Script{{kOk, std::string()}, {kOk}});
  KeptPoster poster = to(slow.url(), 300ms);
  EXPECT_EQ(status(poster), 200U);
  const auto answer = post(poster, "late");
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().detail, HasSubstr("no answer within"));
  EXPECT_EQ(status(poster, "next"), 200U);
  EXPECT_EQ(slow.bodies(), (std::vector<std::string>{"body", "late", "next"}));
}

/// Whoever asks for an answer that is yet to come does not wait for it, whatever else comes (of TLS, say).
void expect_not_to_block(EchoServer& server, std::size_t request, KeptPoster& poster) {
  ASSERT_TRUE(poster.begin({}, "body", {}));
  ASSERT_TRUE(server.held().wait_for(request + 1));
  pollfd file{poster.file(), POLLIN, 0};
  EXPECT_GE(::poll(&file, 1, 200), 0);
  const auto asked = std::chrono::steady_clock::now();
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(poster.finish());
  EXPECT_LT(std::chrono::steady_clock::now() - asked, 10s);
  ASSERT_TRUE(server.held().answer(request, "yes"));
  std::optional<Result<PostAnswer>> answer;
  for (int i = 0; i < 10 && !answer && ::poll(&file, 1, 20'000) == 1; ++i) answer = poster.finish();
  ASSERT_TRUE(answer && *answer);
  EXPECT_EQ((**answer).status, 200U);
}

TEST(KeptPoster, DoesNotBlockForItsAnswer) {
  EchoServer server;
  KeptPoster poster = to("http://" + server.address() + "/held", 60s);
  for (std::size_t request = 0; request < 2; ++request) expect_not_to_block(server, request, poster);
}

TEST(KeptPoster, DoesNotWaitBeyondItsTimeForAnAnswerThatGoesOn) {
  Scripted endless(Scripted::Script{{std::string("HTTP/1.1 100 Continue\r\n\r\n"), std::string()}});
  KeptPoster poster = to(endless.url(), 200ms);
  EXPECT_THAT(post(poster).error().detail, HasSubstr("no answer within"));
}

TEST(KeptPoster, AnAnswerMayComeInPieces) {
  Scripted odd(
      Scripted::Script{{std::string("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Taken\r\nContent-Length: 0\r\n\r\n"),
                        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab"}});
  KeptPoster poster = to(odd.url());
  EXPECT_EQ(status(poster), 202U);
  EXPECT_EQ(status(poster), 200U) << "the status counts, not that the body was cut off";
}

TEST(KeptPoster, HoldsNoMoreThanAnswersNeed) {
  EchoServer server;
  KeptPoster large = to("http://" + server.address() + "/large");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(status(large), 200U);
  for (const std::string& answer : {"HTTP/1.1 200 OK\r\nX: " + std::string(1 << 16, 'x'), std::string(1 << 16, 'x'),
                                    std::string("HTTP/1.1 200 OK\r\nContent-Le")}) {
    Scripted broken(Scripted::Script{{answer}});
    KeptPoster poster = to(broken.url());
    EXPECT_FALSE(post(poster));
  }
}

TEST(KeptPoster, SendsBodiesOfAnySize) {
  EchoServer server;
  KeptPoster poster = to("http://" + server.address() + "/echo");
  for (const std::size_t size : {0U, 1U, 100'000U, 1'000'000U}) EXPECT_EQ(status(poster, std::string(size, 'x')), 200U);
}

TEST(KeptPoster, EndsWhenItIsToldTo) {
  Scripted silent(Scripted::Script{{std::string()}, {kOk}});
  KeptPoster poster = to(silent.url(), 60s);
  std::stop_source stop;
  std::jthread later([&] {
    std::this_thread::sleep_for(100ms);
    stop.request_stop();
  });
  const auto began = std::chrono::steady_clock::now();
  EXPECT_FALSE(post(poster, "body", stop.get_token()));
  const auto refused = post(poster, "body", stop.get_token());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().detail, HasSubstr("stopped"));
  EXPECT_LT(std::chrono::steady_clock::now() - began, 30s);
}

TEST(KeptPoster, SaysThatNobodyIsThere) {
  KeptPoster poster = to("http://127.0.0.1:1");
  EXPECT_FALSE(post(poster));
  KeptPoster nameless = to("http://no-such-host.invalid");
  EXPECT_FALSE(post(nameless));
}

TEST(KeptPoster, TrustsOnlyWhoseCertificateIsTrustedAndNamesTheHost) {
  const TemporaryFolder folder;
  Certificates certificates(folder);
  {
    EchoServer server({}, 1, certificates.trusted);
    KeptPoster poster = to("https://" + server.address() + "/echo");
    for (const std::size_t size : {0U, 10U, 60'000U}) EXPECT_EQ(status(poster, std::string(size, 'x')), 200U);
    EXPECT_EQ(server->statistics().connections, 1U);
    KeptPoster held = to("https://" + server.address() + "/held", 60s);
    for (std::size_t request = 0; request < 2; ++request) expect_not_to_block(server, request, held);
    KeptPoster closing = to("https://" + server.address() + "/last");
    for (int i = 0; i < 3; ++i) EXPECT_EQ(status(closing), 200U);
  }
  for (const TlsFiles& files : {certificates.misnamed, certificates.unknown}) {
    EchoServer server({}, 1, files);
    KeptPoster poster = to("https://" + server.address() + "/echo");
    const auto refused = post(poster);
    ASSERT_FALSE(refused) << files.certificate;
    EXPECT_THAT(refused.error().detail, HasSubstr("certificate"));
  }
  certificates.distrust();
  EchoServer server({}, 1, certificates.trusted);
  KeptPoster poster = to("https://" + server.address() + "/echo");
  EXPECT_FALSE(post(poster));
}

}  // namespace
}  // namespace hookledger::http
