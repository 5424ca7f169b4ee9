#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "ingest/http/budget.h"
#include "ingest/http/connection.h"
#include "ingest/http/http.h"
#include "ingest/http/tls.h"

namespace hookledger::http {

/// What the threads of one server share. Threads: any.
class ServerShared {
 public:
  explicit ServerShared(const ServerOptions& given) : options(given), budget(given.limits.buffered_bytes_max) {}

  /// For new connections; null: in the clear.
  std::shared_ptr<const TlsContext> tls() const {
    const std::lock_guard lock(tls_mutex_);
    return tls_;
  }
  void set_tls(std::shared_ptr<const TlsContext> tls) {
    const std::lock_guard lock(tls_mutex_);
    tls_ = std::move(tls);
  }

  const ServerOptions& options;
  Budget budget;
  std::atomic<std::size_t> connections{0};

 private:
  mutable std::mutex tls_mutex_;
  std::shared_ptr<const TlsContext> tls_;
};

/// One I/O thread's loop, with its acceptor and its connections. Waits for something to be ready, handles all that
/// is, lets the service work on it back to back, sends what is answered, and waits again.
class IoThread final : public Responder {
 public:
  using Acceptor = boost::asio::ip::tcp::acceptor;

  explicit IoThread(ServerShared& shared);

  Acceptor& acceptor() { return acceptor_; }

  /// The thread: makes the service, says `ready`, and serves until drained or stopped.
  void run(const std::function<void()>& ready);

  // Any thread.
  bool post(std::function<void()> work) override;
  /// Takes what waits in the backlog, then ends when the last connection has ended.
  void drain();
  /// Has every request answered now.
  void cut();
  /// Ends, whatever goes on.
  void stop();

  void answer(Ticket ticket, Response response) override;

 private:
  void turn();
  void write();
  void run_posted();
  void end();

  void accept();
  void accept_backlog();
  void admit(boost::asio::ip::tcp::socket socket);
  void check_deadlines();
  std::chrono::milliseconds check_interval() const;

  ServerShared& shared_;
  boost::asio::io_context context_{1};
  Acceptor acceptor_{context_};
  boost::asio::steady_timer accept_pause_{context_}, check_timer_{context_};
  ConnectionSet set_;
  std::uint64_t last_id_ = 0;
  bool ended_ = false;

  std::mutex posted_mutex_;  ///< Guards the two below.
  std::vector<std::function<void()>> posted_;
  bool posted_closed_ = false;

  std::unique_ptr<Service> service_;  ///< Goes first: others may still post for it.
};

}  // namespace hookledger::http
