#include "ingest/http/io_thread.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <pthread.h>
#include <signal.h>
#include <utility>

namespace hookledger::http {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr int kHandlersPerTurn = 256;        // Then what was read is worked on, even if more is ready.
constexpr std::size_t kTurnedAwayMax = 256;  // Connections beyond the limit that get an answer before they are closed.
constexpr auto kAcceptPause = 100ms;         // After the system had no descriptor or memory for a connection.
constexpr auto kCheckIntervalMax = 250ms;
constexpr auto kDrainCheckInterval = 20ms;

void block_broken_pipe() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

}  // namespace

IoThread::IoThread(ServerShared& shared)
    : shared_(shared), set_(shared.options.limits, *shared.options.clock, shared.budget, shared.connections) {}

void IoThread::run(const std::function<void()>& ready) {
  block_broken_pipe();
  service_ = shared_.options.make_service(*this);
  set_.service = service_.get();
  ready();
  accept();
  check_deadlines();
  while (!ended_) turn();
  end();
}

void IoThread::turn() {
  context_.run_one();
  for (int handled = 1; handled < kHandlersPerTurn && context_.poll_one() > 0; ++handled) {
  }
  service_->flush();
  write();
  if (set_.drains_since && set_.open.empty()) ended_ = true;
}

void IoThread::write() {
  // Writing may end a connection, never answer another one: the list does not grow under the loop.
  for (const auto& connection : set_.to_write) connection->write();
  set_.to_write.clear();
}

void IoThread::end() {
  const auto open = set_.open;
  for (const auto& [id, connection] : open) connection->close();
  error_code ignored;
  acceptor_.close(ignored);
  accept_pause_.cancel();
  check_timer_.cancel();
  set_.to_write.clear();
  {
    const std::lock_guard lock(posted_mutex_);
    posted_closed_ = true;
  }
  run_posted();
  context_.poll();
}

// Work from other threads

bool IoThread::post(std::function<void()> work) {
  {
    const std::lock_guard lock(posted_mutex_);
    if (posted_closed_) return false;
    posted_.push_back(std::move(work));
    if (posted_.size() > 1) return true;
  }
  asio::post(context_, [this] { run_posted(); });
  return true;
}

void IoThread::run_posted() {
  std::vector<std::function<void()>> work;
  {
    const std::lock_guard lock(posted_mutex_);
    work.swap(posted_);
  }
  for (const auto& each : work) each();
}

void IoThread::drain() {
  post([this] {
    if (set_.drains_since) return;
    set_.drains_since = set_.clock.monotonic();
    accept_backlog();
    check_deadlines();
  });
}

void IoThread::cut() {
  post([this] {
    const auto open = set_.open;
    for (const auto& [id, connection] : open) connection->cut();
  });
}

void IoThread::stop() {
  post([this] { ended_ = true; });
}

void IoThread::answer(Ticket ticket, Response response) {
  if (const auto found = set_.open.find(ticket.connection); found != set_.open.end()) {
    found->second->answer(ticket.sequence, std::move(response));
  }
}

// Connections

void IoThread::accept() {
  acceptor_.async_accept([this](error_code ec, tcp::socket socket) {
    if (!acceptor_.is_open()) return;
    if (!ec) {
      admit(std::move(socket));
      return accept();
    }
    accept_pause_.expires_after(kAcceptPause);
    accept_pause_.async_wait([this](error_code) {
      if (acceptor_.is_open()) accept();
    });
  });
}

void IoThread::accept_backlog() {
  error_code ec;
  acceptor_.non_blocking(true, ec);
  while (!ec) {
    tcp::socket socket(context_);
    acceptor_.accept(socket, ec);
    if (!ec) admit(std::move(socket));
  }
  acceptor_.close(ec);
}

void IoThread::admit(tcp::socket socket) {
  const std::size_t others = shared_.connections.fetch_add(1, std::memory_order_relaxed);
  const bool turned_away = others >= set_.limits.connections_max;
  std::unique_ptr<TlsSession> session;
  const auto tls = shared_.tls();
  if (tls) session = tls->accept(socket.native_handle());
  if ((tls && !session) || others >= set_.limits.connections_max + kTurnedAwayMax) {
    shared_.connections.fetch_sub(1, std::memory_order_relaxed);
    return;
  }
  const auto connection = std::make_shared<Connection>(set_, ++last_id_, Stream(std::move(socket), std::move(session)));
  set_.open.emplace(last_id_, connection);
  if (turned_away) {
    connection->turn_away(Refusal::kOverloaded);
  } else {
    connection->start();
  }
}

void IoThread::check_deadlines() {
  const auto open = set_.open;
  const auto now = set_.clock.monotonic();
  for (const auto& [id, connection] : open) connection->check(now);
  check_timer_.expires_after(check_interval());  // Ends the wait that may be under way.
  check_timer_.async_wait([this](error_code ec) {
    if (!ec) check_deadlines();
  });
}

std::chrono::milliseconds IoThread::check_interval() const {
  if (set_.drains_since) return kDrainCheckInterval;
  const Limits& limits = set_.limits;
  const auto shortest = std::min({limits.read_timeout, limits.idle_timeout, limits.linger});
  return std::clamp<std::chrono::milliseconds>(shortest / 4, 5ms, kCheckIntervalMax);
}

}  // namespace hookledger::http
