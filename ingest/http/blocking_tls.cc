#include "ingest/http/blocking_tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace hookledger::http {

/// How OpenSSL reaches the socket: its own way would raise SIGPIPE.
struct BlockingTls::Calls {
  static Transport& of(BIO* bio) { return *static_cast<Transport*>(BIO_get_data(bio)); }

  static int write(BIO* bio, const char* bytes, int size) {
    const auto sent = of(bio).socket.send({bytes, static_cast<std::size_t>(size)});
    if (sent && *sent) return size;
    of(bio).closed = sent.has_value();
    if (!sent) of(bio).failure = sent.error().detail;
    return -1;
  }

  static int read(BIO* bio, char* bytes, int size) {
    BIO_clear_retry_flags(bio);
    const auto count = receive(of(bio), bytes, static_cast<std::size_t>(size));
    if (!count) of(bio).failure = count.error().detail;
    if (count && !*count) BIO_set_retry_read(bio);
    if (!count || !*count) return -1;
    of(bio).closed = **count == 0;
    return static_cast<int>(**count);
  }

  static Result<std::optional<std::size_t>> receive(Transport& transport, char* bytes, std::size_t size) {
    if (!transport.waits) return transport.socket.receive_ready(bytes, size);
    const auto count = transport.socket.receive(bytes, size);
    if (!count) return count.error();
    return std::optional(*count);
  }

  static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

  static BIO_METHOD* method() {
    static BIO_METHOD* const made = [] {
      BIO_METHOD* const calls = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "blocking socket");
      BIO_meth_set_write(calls, write);
      BIO_meth_set_read(calls, read);
      BIO_meth_set_ctrl(calls, control);
      return calls;
    }();
    return made;
  }
};

std::shared_ptr<ssl_ctx_st> make_tls_client() {
  std::shared_ptr<SSL_CTX> client(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  require(client != nullptr, "OpenSSL cannot start");
  SSL_CTX_set_default_verify_paths(client.get());  // Without authorities nobody is trusted.
  SSL_CTX_set_min_proto_version(client.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(client.get(), SSL_VERIFY_PEER, nullptr);
  return client;
}

BlockingTls::BlockingTls(const std::shared_ptr<ssl_ctx_st>& client, BlockingSocket& socket, const std::string& host)
    : transport_{socket}, session_(SSL_new(client.get()), SSL_free) {
  require(session_ != nullptr, "OpenSSL cannot begin a session");
  BIO* const bio = BIO_new(Calls::method());
  require(bio != nullptr, "OpenSSL cannot begin a session");
  BIO_set_data(bio, &transport_);
  BIO_set_init(bio, 1);
  SSL_set_bio(session_.get(), bio, bio);
  if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session_.get()), host.c_str()) == 1) return;
  SSL_set_tlsext_host_name(session_.get(), host.c_str());
  SSL_set1_host(session_.get(), host.c_str());
}

Result<void> BlockingTls::shake_hands() {
  ERR_clear_error();
  if (SSL_connect(session_.get()) != 1) return failed();
  return {};
}

Result<bool> BlockingTls::send(std::string_view bytes) {
  ERR_clear_error();
  std::size_t sent = 0;
  if (SSL_write_ex(session_.get(), bytes.data(), bytes.size(), &sent) == 1) return true;
  if (transport_.closed) return false;
  return failed();
}

Result<std::optional<std::size_t>> BlockingTls::receive_ready(char* bytes, std::size_t size) {
  ERR_clear_error();
  std::size_t count = 0;
  transport_.waits = false;
  const int done = SSL_read_ex(session_.get(), bytes, size, &count);
  transport_.waits = true;
  if (done == 1) return std::optional(count);
  const int why = SSL_get_error(session_.get(), done);
  if (why == SSL_ERROR_WANT_READ) return std::optional<std::size_t>();
  if (transport_.closed || why == SSL_ERROR_ZERO_RETURN) return std::optional<std::size_t>(0);
  return failed();
}

Error BlockingTls::failed() const {
  if (!transport_.failure.empty()) return {ErrorCode::kUnavailable, transport_.failure};
  if (const long verified = SSL_get_verify_result(session_.get()); verified != X509_V_OK) {
    return {ErrorCode::kUnavailable,
            std::string("the certificate is not trusted: ") + X509_verify_cert_error_string(verified)};
  }
  const char* const reason = ERR_reason_error_string(ERR_peek_error());
  return {ErrorCode::kUnavailable, reason != nullptr ? std::string("TLS: ") + reason : "the connection was closed"};
}

}  // namespace hookledger::http
