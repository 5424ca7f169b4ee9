#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "ingest/http/blocking_socket.h"
#include "ingest/http/blocking_tls.h"
#include "ingest/http/poster.h"

namespace hookledger::http {

/// Posts many requests to one URL, one after the other, on a connection that is kept. What a Poster promises of https,
/// redirects and names holds here too. A request may arrive twice: on a connection that turns out to be closed it is
/// sent once more. Of an answer 8 KiB of head are read; a body of more than 64 KiB ends the connection, not the
/// request. One thread.
class KeptPoster {
 public:
  /// `timeout`: of each request.
  KeptPoster(Url url, std::chrono::milliseconds timeout);
  ~KeptPoster();
  KeptPoster(const KeptPoster&) = delete;
  KeptPoster& operator=(const KeptPoster&) = delete;

  /// Blocks up to the timeout, or until `stop`. Errors: kUnavailable (nobody answers, a certificate that is not
  /// trusted; the sentence does not name the URL).
  Result<PostAnswer> post(const std::vector<std::pair<std::string_view, std::string_view>>& headers,
                          std::string_view body, std::stop_token stop);

 private:
  void write_request(const std::vector<std::pair<std::string_view, std::string_view>>& headers, std::string_view body);
  Result<void> connect();
  /// Nothing: the connection was closed before anything came.
  Result<std::optional<PostAnswer>> exchange();
  Result<std::optional<PostAnswer>> receive();
  Result<std::size_t> receive_more();
  void close();

  const Url url_;
  std::shared_ptr<ssl_ctx_st> tls_client_;  ///< Null without TLS.
  BlockingSocket socket_;
  std::unique_ptr<BlockingTls> tls_;
  std::string request_;   ///< Keeps its memory from request to request.
  std::string received_;  ///< Not parsed yet.
};

}  // namespace hookledger::http
