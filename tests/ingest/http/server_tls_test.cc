#include <gmock/gmock.h>
#include <memory>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string>
#include <thread>
#include <utility>

#include "tests/ingest/http/certificate.h"
#include "tests/ingest/http/echo_server.h"
#include "tests/ingest/http/peer.h"
#include "tests/support/temporary_folder.h"

namespace hookledger::testing {
namespace {

using namespace std::chrono_literals;

/// A client that trusts everybody.
class TlsPeer {
 public:
  explicit TlsPeer(std::string_view address, int version_max = TLS1_3_VERSION)
      : peer_(address), context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free), ssl_(nullptr, SSL_free) {
    const timeval five_seconds{.tv_sec = 5, .tv_usec = 0};
    ::setsockopt(peer_.socket(), SOL_SOCKET, SO_RCVTIMEO, &five_seconds, sizeof five_seconds);
    SSL_CTX_set_security_level(context_.get(), 0);
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context_.get(), version_max);
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_fd(ssl_.get(), peer_.socket());
    connected_ = SSL_connect(ssl_.get()) == 1;
    ERR_clear_error();
  }

  bool connected() const { return connected_; }
  std::string certificate_name() const {
    std::unique_ptr<X509, decltype(&X509_free)> certificate(SSL_get1_peer_certificate(ssl_.get()), X509_free);
    char name[100] = "";
    if (certificate)
      X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, name, sizeof name);
    return name;
  }
  void send(std::string_view bytes) { SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())); }
  /// The next whole answer, head and body; less when the server ends first.
  std::string answer() {
    constexpr std::string_view kLength = "Content-Length: ";
    while (received_.find("\r\n\r\n") == std::string::npos) {
      if (!receive()) return std::exchange(received_, {});
    }
    const std::size_t length = std::strtoul(received_.c_str() + received_.find(kLength) + kLength.size(), nullptr, 10);
    const std::size_t size = received_.find("\r\n\r\n") + 4 + length;
    while (received_.size() < size) {
      if (!receive()) return std::exchange(received_, {});
    }
    const std::string answer = received_.substr(0, size);
    received_.erase(0, size);
    return answer;
  }
  bool ended_properly() {
    char byte;
    const int result = SSL_read(ssl_.get(), &byte, 1);
    return SSL_get_error(ssl_.get(), result) == SSL_ERROR_ZERO_RETURN;
  }

 private:
  bool receive() {
    char bytes[16384];
    const int count = SSL_read(ssl_.get(), bytes, sizeof bytes);
    if (count > 0) received_.append(bytes, static_cast<std::size_t>(count));
    return count > 0;
  }

  Peer peer_;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
  bool connected_ = false;
  std::string received_;
};

class ServerTls : public ::testing::Test {
 protected:
  void SetUp() override { write_certificate(files_, "first", "20260210000000Z"); }

  TemporaryFolder folder_;
  http::TlsFiles files_{folder_ / "certificate.pem", folder_ / "key.pem"};
};

TEST_F(ServerTls, AnswersAndKeepsTheConnection) {
  EchoServer server({}, 1, files_);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsPeer peer(server.address(), version);
    ASSERT_TRUE(peer.connected());
    for (int i = 0; i < 3; ++i) {
      peer.send(post("/echo", "hello"));
      EXPECT_THAT(peer.answer(), ::testing::EndsWith("hello"));
    }
    peer.send(post("/echo", std::string(500'000, 'b')) + get("/large"));
    EXPECT_THAT(peer.answer(), ::testing::EndsWith(std::string(500'000, 'b')));
    EXPECT_GT(peer.answer().size(), EchoService::kLargeBytes);
    peer.send(get("/echo", "Connection: close\r\n"));
    EXPECT_THAT(peer.answer(), ::testing::HasSubstr("Connection: close"));
    EXPECT_TRUE(peer.ended_properly());
  }
}

TEST_F(ServerTls, RefusesOldVersionsAndPlainText) {
  EchoServer server({}, 1, files_);
  EXPECT_FALSE(TlsPeer(server.address(), TLS1_1_VERSION).connected());
  Peer plain(server.address());
  EXPECT_EQ(plain.status_of(get("/echo")), 0U);
  EXPECT_TRUE(server.has_connections(0));
}

TEST_F(ServerTls, HandshakesMustNotBeSlow) {
  EchoServer server({.read_timeout = 200ms}, 1, files_);
  Peer silent(server.address());
  EXPECT_TRUE(silent.closed(1s));
  TlsPeer slow(server.address());
  ASSERT_TRUE(slow.connected());
  std::this_thread::sleep_for(400ms);  // Idle, not slow.
  slow.send("GET /echo HT");
  EXPECT_THAT(slow.answer(), ::testing::HasSubstr(" 408 "));
}

TEST_F(ServerTls, ManyConnectionsAreTurnedAwayWithAnAnswer) {
  EchoServer server({.connections_max = 1, .linger = 100ms}, 1, files_);
  TlsPeer first(server.address());
  first.send(get("/echo"));
  ASSERT_THAT(first.answer(), ::testing::HasSubstr(" 200 "));
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsPeer one_too_many(server.address(), version);
    ASSERT_TRUE(one_too_many.connected());
    one_too_many.send(get("/echo"));
    EXPECT_THAT(one_too_many.answer(),
                ::testing::AllOf(::testing::HasSubstr(" 503 "), ::testing::HasSubstr("Connection: close")));
    EXPECT_TRUE(one_too_many.ended_properly());
  }
  first.send(get("/echo"));
  EXPECT_THAT(first.answer(), ::testing::HasSubstr(" 200 "));
}

TEST_F(ServerTls, HandshakesOfThoseTurnedAwayMustNotBeSlow) {
  EchoServer server({.connections_max = 1, .read_timeout = 300ms}, 1, files_);
  TlsPeer first(server.address());
  Peer silent(server.address()), drips(server.address());
  const auto begin = std::chrono::steady_clock::now();
  const std::string hello("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);
  for (std::size_t i = 0; i < 100 && drips.silent(50ms); ++i)
    drips.send(hello.substr(std::min(i, hello.size() - 1), 1));
  EXPECT_TRUE(silent.closed(1s));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
  EXPECT_TRUE(server.has_connections(1));
}

TEST_F(ServerTls, ManyHandshakesOfThoseTurnedAwayAreNotKept) {
  EchoServer server({.connections_max = 1}, 1, files_);
  std::vector<std::unique_ptr<Peer>> peers;
  for (int i = 0; i < 400; ++i) peers.push_back(std::make_unique<Peer>(server.address()));
  EXPECT_TRUE(peers.back()->closed());
  EXPECT_LE(server->statistics().connections, 1U + 256U);
}

TEST_F(ServerTls, ANewCertificateIsForNewConnections) {
  EchoServer server({}, 2, files_);
  TlsPeer before(server.address());
  EXPECT_EQ(before.certificate_name(), "first");
  EXPECT_DOUBLE_EQ(server->statistics().certificate_days.value_or(0), 2.0);

  write_certificate(files_, "second", "20260309120000Z");
  EXPECT_EQ(server->reload_tls().value_or(""), "");
  TlsPeer after(server.address());
  EXPECT_EQ(after.certificate_name(), "second");
  EXPECT_DOUBLE_EQ(server->statistics().certificate_days.value_or(0), 29.5);
  before.send(post("/echo", "still here"));
  EXPECT_THAT(before.answer(), ::testing::EndsWith("still here"));

  std::fclose(std::fopen(files_.key.c_str(), "w"));
  EXPECT_THAT(server->reload_tls().value_or(""), ::testing::HasSubstr(files_.key));
  EXPECT_EQ(TlsPeer(server.address()).certificate_name(), "second");
}

TEST_F(ServerTls, DrainEndsConnectionsProperly) {
  EchoServer server({.linger = 300ms}, 1, files_);
  TlsPeer working(server.address()), idle(server.address());
  working.send(post("/held", ""));
  ASSERT_TRUE(server.held().wait_for(1));
  std::thread drain([&] { server->drain(5s); });
  std::this_thread::sleep_for(200ms);
  server.held().answer(0, "done");
  EXPECT_THAT(working.answer(),
              ::testing::AllOf(::testing::HasSubstr("Connection: close"), ::testing::EndsWith("done")));
  EXPECT_TRUE(working.ended_properly());
  EXPECT_EQ(idle.answer(), "");
  drain.join();
}

TEST_F(ServerTls, SaysWhichFileCannotBeUsed) {
  const SteadyClock clock;
  const auto start = [&](const http::TlsFiles& files) {
    return http::Server({.address = "127.0.0.1:0",
                         .limits = {},
                         .tls = files,
                         .clock = &clock,
                         .make_service = [](http::Responder&) { return std::unique_ptr<http::Service>(); }})
        .start()
        .value_or("");
  };
  EXPECT_THAT(start({folder_ / "none", files_.key}), ::testing::HasSubstr(folder_ / "none"));
  EXPECT_THAT(start({files_.certificate, folder_ / "none"}), ::testing::HasSubstr(folder_ / "none"));
  const http::TlsFiles other{folder_ / "other.pem", folder_ / "other-key.pem"};
  write_certificate(other, "other", "20260210000000Z");
  EXPECT_THAT(start({files_.certificate, other.key}), ::testing::HasSubstr(other.key));
}

}  // namespace
}  // namespace hookledger::testing
