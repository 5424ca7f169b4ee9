#pragma once

#include <memory>
#include <string>

#include "ingest/http/blocking_socket.h"

struct ssl_ctx_st;
struct ssl_st;

namespace hookledger::http {

/// What clients need of OpenSSL: the system's authorities (SSL_CERT_FILE and SSL_CERT_DIR name others), TLS 1.2 at
/// least.
std::shared_ptr<ssl_ctx_st> make_tls_client();

/// TLS over a connected socket, which outlives it; the certificate and the host's name in it are verified. One thread.
/// Errors everywhere: kUnavailable.
class BlockingTls {
 public:
  BlockingTls(const std::shared_ptr<ssl_ctx_st>& client, BlockingSocket& socket, const std::string& host);

  Result<void> shake_hands();
  /// False: the other side has closed.
  Result<bool> send(std::string_view bytes);
  /// As of the socket: nothing also when what came is none of the answer.
  Result<std::optional<std::size_t>> receive_ready(char* bytes, std::size_t size);

 private:
  struct Transport {
    BlockingSocket& socket;
    bool waits = true;         ///< Do reads block?
    bool closed = false;       ///< The other side has.
    std::string failure = {};  ///< Of the socket.
  };
  struct Calls;

  Error failed() const;

  Transport transport_;
  std::unique_ptr<ssl_st, void (*)(ssl_st*)> session_;
};

}  // namespace hookledger::http
