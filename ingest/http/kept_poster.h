#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "ingest/http/blocking_socket.h"
#include "ingest/http/blocking_tls.h"
#include "ingest/http/poster.h"

namespace hookledger::http {

/// Posts many requests to one URL, one after the other, on a connection that is kept. What a Poster promises of https,
/// redirects and names holds here too. A request may arrive twice: on a connection that turns out to be closed it is
/// sent once more. Of an answer 32 KiB of head are read; a body of more than 64 KiB ends the connection, not the
/// request. One thread.
class KeptPoster {
 public:
  /// `timeout`: of each request. `tls_client`: as make_tls_client gives it, one for many, for it holds all authorities;
  /// null without TLS.
  KeptPoster(Url url, std::chrono::milliseconds timeout, std::shared_ptr<ssl_ctx_st> tls_client);
  ~KeptPoster();
  KeptPoster(const KeptPoster&) = delete;
  KeptPoster& operator=(const KeptPoster&) = delete;

  /// Sends a request; `finish` has its answer. Blocks up to the timeout, which counts from here for both, or until
  /// `stop`. Errors of both: kUnavailable (nobody answers, a certificate that is not trusted; the sentence does not
  /// name the URL). After an error there is nothing to finish.
  Result<void> begin(const std::vector<std::pair<std::string_view, std::string_view>>& headers, std::string_view body,
                     std::stop_token stop);
  /// Nothing: the answer is yet to come. Blocks for no longer than a connection takes, when the request is sent again.
  std::optional<Result<PostAnswer>> finish();
  /// Between the two: `finish` has something to do when this can be read, and when the time is over.
  int file() const { return socket_.file(); }
  std::chrono::steady_clock::time_point deadline() const { return socket_.deadline(); }

 private:
  struct Reading;
  struct Shut {
    BlockingSocket* socket;
    void operator()() const { socket->shut(); }
  };

  void write_request(const std::vector<std::pair<std::string_view, std::string_view>>& headers, std::string_view body);
  /// On a connection of its own, if there is none.
  Result<void> send();
  Result<void> connect();
  std::optional<Result<PostAnswer>> try_finish();
  PostAnswer take_answer();
  /// As `BlockingSocket::receive_ready`.
  Result<std::optional<std::size_t>> receive();
  bool is_quiet();
  void close();

  const Url url_;
  const std::shared_ptr<ssl_ctx_st> tls_client_;
  BlockingSocket socket_;
  std::unique_ptr<BlockingTls> tls_;
  std::optional<std::stop_callback<Shut>> stopping_;  ///< Of the request that is under way.
  bool fresh_ = false;                                ///< Is the connection made for it?
  std::string request_;                               ///< Keeps its memory from request to request.
  std::unique_ptr<Reading> reading_;                  ///< Of its answer.
};

}  // namespace hookledger::http
