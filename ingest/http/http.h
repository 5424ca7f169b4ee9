#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schemas/clock.h"

namespace hookledger::http {

/// Bounds on what a peer can make us hold or wait for (G11).
struct Limits {
  std::size_t head_bytes_max = 16 * 1024;    ///< Inclusive; over it 431.
  std::size_t body_bytes_max = 1024 * 1024;  ///< Inclusive; over it 413.
  std::size_t connections_max = 4096;        ///< Over all threads; over it 503 and close.
  std::size_t pipelined_max = 16;            ///< Requests of one connection in work at once; then reading pauses.
  std::size_t buffered_bytes_max = 128 * 1024 * 1024;  ///< Read but not yet handled, over all threads, beyond what each
                                                       ///< connection always has; over it 503 and close.
  std::chrono::milliseconds read_timeout{10'000};      ///< From a request's first byte to its last; then 408.
                                                       ///< Also the longest a peer may leave its answers untouched.
  std::chrono::milliseconds idle_timeout{75'000};      ///< Between requests; then closed without an answer.
  std::chrono::milliseconds linger{2'000};             ///< After a last answer: reads and drops what still comes, then
                                                       ///< closes; while it stops, at most 500 ms of it.
};

/// What came before the body. Views are valid during the call they are passed to.
struct Head {
  std::string_view method;
  std::string_view target;  ///< As sent, query included.
  std::vector<std::pair<std::string_view, std::string_view>>
      headers;  ///< In order; repeated names repeat. Trailers are not here.

  struct Found {
    std::size_t count = 0;   ///< How many headers have the name (compared without case).
    std::string_view value;  ///< Of the first.
  };
  Found find(std::string_view name) const;
  std::string_view path() const;   ///< Target without scheme, host and query.
  std::string_view query() const;  ///< After the first `?`; empty when there is none.
};

struct Response {
  unsigned status = 200;
  std::string_view content_type = "application/json";  ///< A literal.
  std::string body;
  std::vector<std::pair<std::string_view, std::string>> headers;  ///< Beyond Content-Type, Content-Length, Connection.
  bool close = false;                                             ///< Say `Connection: close` and close after it.
};

/// Why the server itself refuses a request. `Service::refusal` gives each its answer.
enum class Refusal {
  kBadRequest,      ///< 400: not HTTP, or both Content-Length and chunked.
  kTimeout,         ///< 408
  kLengthRequired,  ///< 411: POST, PUT or PATCH without Content-Length or chunked.
  kBodyTooLarge,    ///< 413
  kHeadTooLarge,    ///< 431
  kOverloaded,      ///< 503: too many connections, or too much of their requests waits in memory.
  kStopping,        ///< 503: a request that came after the drain deadline.
};

/// Names one request that waits for its answer. Copyable; use on its own I/O thread only.
struct Ticket {
  std::uint64_t connection = 0;
  std::uint64_t sequence = 0;
};

/// Answers a request; does nothing when the connection is gone. On the service's own I/O thread only.
class Responder {
 public:
  virtual ~Responder() = default;
  virtual void answer(Ticket ticket, Response response) = 0;
  /// Runs `work` on this I/O thread. Any thread, as long as the server lives. False when its threads have
  /// ended: `work` will not run.
  virtual bool post(std::function<void()> work) = 0;
};

/// What one I/O thread does with requests. An instance is made on and used by one thread, so needs no locks;
/// it outlives that thread and dies with the server.
class Service {
 public:
  virtual ~Service() = default;

  /// The head of a request is complete and within its limits. An answer here is sent in place of `handle`, at
  /// once: a body that has come with it is dropped, otherwise the connection is closed.
  virtual std::optional<Response> accept_head(const Head& head) = 0;
  /// A whole request. Answer it now or later, exactly once. Views die with the call.
  virtual void handle(const Head& head, std::string_view body, Ticket ticket) = 0;
  /// Everything that was ready to be read has been read and handled: the place for work best done back to back.
  virtual void flush() {}
  virtual Response refusal(Refusal refusal) = 0;
};

/// `ADDR:PORT` or `[ADDR]:PORT`, as a server takes it; whether this machine has ADDR is seen when it starts.
bool is_address(std::string_view text);

struct TlsFiles {
  std::string certificate, key;  ///< PEM.
};

/// Why a server cannot use its TLS files.
struct TlsProblem {
  bool of_key = false;  ///< Else of the certificate.
  std::string reason;   ///< `FILE: …`
};
std::optional<TlsProblem> check_tls(const TlsFiles& files);

struct ServerOptions {
  std::string address;   ///< `ADDR:PORT`, `[ADDR]:PORT`; port 0: any free one.
  unsigned threads = 1;  ///< Each its own io_context and SO_REUSEPORT acceptor.
  Limits limits;
  std::optional<TlsFiles> tls;
  const Clock* clock = nullptr;  ///< Must be given; outlives the server.
  /// Called once per I/O thread, before it serves.
  std::function<std::unique_ptr<Service>(Responder&)> make_service;
};

/// What a server shows to those who connect.
struct Certificate {
  std::string subject;      ///< The first host that it names, else its common name: printable ASCII.
  std::string fingerprint;  ///< Of all of it.
  Time not_after;
};

struct ServerStatistics {
  std::uint64_t connections = 0;           ///< Open now.
  std::optional<double> certificate_days;  ///< Until the certificate in use expires.
};

/// HTTP/1.1 over TCP or TLS: keep-alive, pipelining (answers in order), chunked bodies, `Expect:
/// 100-continue`, HEAD. Header-only knowledge of Beast and Asio stays in this folder.
class Server {
 public:
  explicit Server(ServerOptions options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Binds and starts the threads. Gives what went wrong in one sentence (address in use, certificate
  /// unreadable), or nothing.
  std::optional<std::string> start();
  /// `ADDR:PORT` it listens on.
  std::string address() const;
  ServerStatistics statistics() const;
  /// In use for new connections; nothing without TLS.
  std::optional<Certificate> certificate() const;
  /// New connections use the files as they are now. Says what is wrong and keeps the old ones otherwise.
  std::optional<std::string> reload_tls();
  /// Takes what waits in the accept backlog, closes the listeners, lets every request whose bytes have begun
  /// to arrive finish and be answered (the last answer says `Connection: close`), closes idle connections,
  /// and returns when all are closed or at `timeout`; shortly before it, what is unanswered gets
  /// `Refusal::kStopping`. Blocks the caller; services go on answering meanwhile. Then the threads have ended.
  void drain(std::chrono::milliseconds timeout);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hookledger::http
