#pragma once

#include <boost/asio/socket_base.hpp>
#include <boost/system/error_code.hpp>
#include <memory>
#include <openssl/ssl.h>
#include <span>
#include <string_view>
#include <variant>

#include "ingest/http/http.h"
#include "schemas/time.h"

namespace hookledger::http {

/// The server's side of TLS on one connected, non-blocking socket. The first read does the handshake. Writing to a
/// peer that is gone raises SIGPIPE: the thread must block it.
class TlsSession {
 public:
  using error_code = boost::system::error_code;
  using Readiness = boost::asio::socket_base::wait_type;

  /// Takes `ssl`.
  TlsSession(SSL* ssl, int socket);

  /// `would_block`: again once the socket is `needs()`. `eof`: the peer has ended its stream.
  std::size_t read(std::span<char> into, error_code& ec);
  /// After `would_block` the next call must begin with the same bytes.
  std::size_t write(std::string_view bytes, error_code& ec);
  Readiness needs() const { return needs_; }

  bool established() const { return SSL_is_init_finished(ssl_.get()) == 1; }
  std::size_t readable() const { return static_cast<std::size_t>(SSL_pending(ssl_.get())); }
  /// Tells the peer that nothing more will come.
  void end_output();

 private:
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  error_code outcome(int result);

  std::unique_ptr<SSL, Free> ssl_;
  Readiness needs_ = boost::asio::socket_base::wait_read;
  bool failed_ = false;
};

/// A certificate and its key. Immutable; sessions keep what they need of it. Threads: any.
class TlsContext {
 public:
  /// What cannot be used, or the context.
  static std::variant<TlsProblem, std::shared_ptr<const TlsContext>> load(const TlsFiles& files);

  std::unique_ptr<TlsSession> accept(int socket) const;
  const Certificate& certificate() const { return certificate_; }

 private:
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };

  std::unique_ptr<SSL_CTX, Free> context_;
  Certificate certificate_;
};

}  // namespace hookledger::http
