#include "ingest/http/tls.h"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <ctime>
#include <limits>
#include <openssl/err.h>
#include <openssl/x509.h>

namespace hookledger::http {
namespace {

Error unusable(const char* what, const std::string& file) {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return {ErrorCode::kUsage, "cannot use the TLS " + std::string(what) + " in " + file + ": " +
                                 (reason != nullptr ? reason : "no such file or not PEM") + "; give another file"};
}

Time to_time(const ASN1_TIME* asn1) {
  std::tm fields{};
  if (ASN1_TIME_to_tm(asn1, &fields) != 1) return Time::min();
  using namespace std::chrono;
  const year_month_day day(year(fields.tm_year + 1900), month(static_cast<unsigned>(fields.tm_mon) + 1),
                           std::chrono::day(static_cast<unsigned>(fields.tm_mday)));
  return sys_days(day) + hours(fields.tm_hour) + minutes(fields.tm_min) + seconds(fields.tm_sec);
}

int no_passphrase(char*, int, int, void*) { return 0; }  // The default would ask on the terminal.

int bounded(std::size_t size) { return static_cast<int>(std::min<std::size_t>(size, std::numeric_limits<int>::max())); }

}  // namespace

Result<std::shared_ptr<const TlsContext>> TlsContext::load(const TlsFiles& files) {
  auto result = std::make_shared<TlsContext>();
  result->context_.reset(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* const context = result->context_.get();
  require(context != nullptr, "OpenSSL gives no context");
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context,
                      SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context,
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_default_passwd_cb(context, no_passphrase);
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1) {
    return unusable("certificate", files.certificate);
  }
  if (SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context) != 1) {
    return unusable("key", files.key);
  }
  result->expires_at_ = to_time(X509_get0_notAfter(SSL_CTX_get0_certificate(context)));
  return std::shared_ptr<const TlsContext>(std::move(result));
}

std::unique_ptr<TlsSession> TlsContext::accept(int socket) const {
  SSL* const ssl = SSL_new(context_.get());
  return ssl == nullptr ? nullptr : std::make_unique<TlsSession>(ssl, socket);
}

TlsSession::TlsSession(SSL* ssl, int socket) : ssl_(ssl) {
  SSL_set_accept_state(ssl);
  failed_ = SSL_set_fd(ssl, socket) != 1;
}

std::size_t TlsSession::read(std::span<char> into, error_code& ec) {
  ERR_clear_error();
  const int result = SSL_read(ssl_.get(), into.data(), bounded(into.size()));
  ec = outcome(result);
  return result > 0 ? static_cast<std::size_t>(result) : 0;
}

std::size_t TlsSession::write(std::string_view bytes, error_code& ec) {
  ERR_clear_error();
  const int result = SSL_write(ssl_.get(), bytes.data(), bounded(bytes.size()));
  ec = outcome(result);
  return result > 0 ? static_cast<std::size_t>(result) : 0;
}

void TlsSession::end_output() {
  if (failed_ || !established()) return;
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

TlsSession::error_code TlsSession::outcome(int result) {
  if (result > 0) return {};
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ: needs_ = boost::asio::socket_base::wait_read; return boost::asio::error::would_block;
    case SSL_ERROR_WANT_WRITE: needs_ = boost::asio::socket_base::wait_write; return boost::asio::error::would_block;
    case SSL_ERROR_ZERO_RETURN: return boost::asio::error::eof;
    default: break;
  }
  failed_ = true;
  ERR_clear_error();
  return boost::asio::error::connection_reset;
}

}  // namespace hookledger::http
