#include "ingest/http/poster.h"

#include <gmock/gmock.h>
#include <netinet/in.h>
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

TEST(Url, IsReadAsItIsAndNothingElse) {
  const auto url = parse_url("https://ops.example.com/hook/a?b=c");
  ASSERT_TRUE(url);
  EXPECT_TRUE(url->tls);
  EXPECT_EQ(url->host, "ops.example.com");
  EXPECT_EQ(url->port, "443");
  EXPECT_EQ(url->authority, "ops.example.com");
  EXPECT_EQ(url->target, "/hook/a?b=c");
  const auto other = parse_url("http://[::1]:8080?x");
  ASSERT_TRUE(other);
  EXPECT_FALSE(other->tls);
  EXPECT_EQ(other->host, "::1");
  EXPECT_EQ(other->port, "8080");
  EXPECT_EQ(other->authority, "[::1]:8080");
  EXPECT_EQ(other->target, "/?x");
  EXPECT_EQ(parse_url("http://host")->target, "/");
  for (const char* text :
       {"", "http://", "https:///path", "ftp://host", "host", "HTTP://host", "http://user@host", "http://host:0",
        "http://host:65536", "http://host:x", "http://host:", "http://[::1", "http://[::1]x", "http://[]",
        "http://host/#x", "http://host/a b", "http://host/\r\nX: y", "http://ho\\st", "http://h\xc3\xb6st"}) {
    EXPECT_FALSE(parse_url(text)) << text;
  }
}

Result<PostAnswer> post(const std::string& url, const std::string& body = "{}", std::chrono::milliseconds timeout = 10s,
                        std::stop_token stop = {}) {
  return Poster(parse_url(url).value()).post({{"x-one", "two"}}, body, timeout, std::move(stop));
}

/// Listens, and says what it is told to, or nothing.
class Silent {
 public:
  explicit Silent(std::string answer = {}) : socket_(::socket(AF_INET, SOCK_STREAM, 0)), answer_(std::move(answer)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(socket_, 8), 0);
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    if (!answer_.empty()) thread_ = std::thread([this] { serve(); });
  }
  ~Silent() {
    if (thread_.joinable()) thread_.join();
    ::close(socket_);
  }
  const std::string& url() const { return url_; }

 private:
  void serve() {
    const int peer = ::accept(socket_, nullptr, nullptr);
    for (std::size_t at = 0; at < answer_.size();) {
      const auto sent = ::send(peer, answer_.data() + at, answer_.size() - at, MSG_NOSIGNAL);
      if (sent <= 0) break;
      at += static_cast<std::size_t>(sent);
    }
    char ignored[4096];
    ::shutdown(peer, SHUT_WR);
    while (::recv(peer, ignored, sizeof ignored, 0) > 0) {
    }
    ::close(peer);
  }

  int socket_;
  std::string answer_, url_;
  std::thread thread_;
};

TEST(Poster, SaysTheStatusAndWhatToWaitFor) {
  EchoServer server;
  EXPECT_EQ(post("http://" + server.address() + "/echo")->status, 200U);
  EXPECT_EQ(post("http://" + server.address() + "/nothing")->status, 404U);
  EXPECT_EQ(post("http://" + server.address() + "/large")->status, 200U);  // Its megabyte is not read.
  Silent busy("HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n");
  const auto answer = post(busy.url());
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_EQ(answer->status, 503U);
  EXPECT_EQ(answer->retry_after, "7");
}

TEST(Poster, DoesNotWaitForEver) {
  Silent silent;
  const auto began = std::chrono::steady_clock::now();
  const auto answer = post(silent.url(), "{}", 200ms);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(answer.error().detail, HasSubstr("no answer within"));
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
  EXPECT_FALSE(post("http://127.0.0.1:1"));
}

TEST(Poster, EndsWhenItIsToldTo) {
  Silent silent;
  std::stop_source stop;
  std::jthread later([&] {
    std::this_thread::sleep_for(100ms);
    stop.request_stop();
  });
  const auto began = std::chrono::steady_clock::now();
  EXPECT_FALSE(post(silent.url(), "{}", 60s, stop.get_token()));
  EXPECT_FALSE(post(silent.url(), "{}", 60s, stop.get_token()));
  EXPECT_LT(std::chrono::steady_clock::now() - began, 10s);
}

TEST(Poster, HoldsNoMoreThanAHead) {
  Silent endless("HTTP/1.1 200 OK\r\nX: " + std::string(1 << 20, 'x'));
  EXPECT_FALSE(post(endless.url()));
  Silent no_http(std::string(1 << 16, 'x'));
  EXPECT_FALSE(post(no_http.url()));
}

TEST(Poster, TrustsOnlyWhoseCertificateIsTrustedAndNamesTheHost) {
  const TemporaryFolder folder;
  Certificates certificates(folder);
  const auto answer_of = [](const TlsFiles& files) {
    EchoServer server({}, 1, files);
    return post("https://" + server.address() + "/echo");
  };
  const auto well = answer_of(certificates.trusted);
  ASSERT_TRUE(well) << well.error().detail;
  EXPECT_EQ(well->status, 200U);
  for (const TlsFiles& files : {certificates.misnamed, certificates.unknown}) {
    const auto refused = answer_of(files);
    ASSERT_FALSE(refused) << files.certificate;
    EXPECT_THAT(refused.error().detail, HasSubstr("certificate verify failed"));
  }
  certificates.distrust();
  EXPECT_FALSE(answer_of(certificates.trusted));
}

}  // namespace
}  // namespace hookledger::http
