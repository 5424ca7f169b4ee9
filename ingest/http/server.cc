#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "ingest/http/http.h"
#include "ingest/http/io_thread.h"
#include "ingest/http/listener.h"
#include "ingest/http/tls.h"
#include "schemas/error.h"

namespace hookledger::http {

struct Server::State {
  explicit State(ServerOptions given) : options(std::move(given)), shared(options) {}

  std::optional<std::string> load_tls();
  void run(IoThread& io);
  bool wait_until_ended(std::chrono::milliseconds at_most);
  template <class Function>
  void each(Function function) {
    for (const auto& io : io_threads) function(*io);
  }

  const ServerOptions options;
  ServerShared shared;
  std::string address;
  std::vector<std::unique_ptr<IoThread>> io_threads;
  std::vector<std::thread> threads;

  std::mutex mutex;  ///< Guards the two below.
  std::condition_variable changed;
  std::size_t ready = 0, running = 0;
};

Server::Server(ServerOptions options) : state_(std::make_unique<State>(std::move(options))) {
  require(state_->options.clock != nullptr && state_->options.make_service, "a server needs a clock and a service");
}

Server::~Server() {
  state_->each([](IoThread& io) { io.stop(); });
  for (auto& thread : state_->threads) thread.join();
}

std::optional<std::string> Server::start() {
  State& state = *state_;
  require(state.threads.empty(), "a server starts once");
  if (auto problem = state.load_tls()) return problem;
  std::vector<IoThread::Acceptor*> acceptors;
  for (unsigned i = 0; i < std::max(1U, state.options.threads); ++i) {
    state.io_threads.push_back(std::make_unique<IoThread>(state.shared));
    acceptors.push_back(&state.io_threads.back()->acceptor());
  }
  if (auto problem = listen(state.options.address, acceptors)) {
    state.io_threads.clear();
    return problem;
  }
  state.address = to_string(acceptors.front()->local_endpoint());
  state.running = state.io_threads.size();
  state.each([&](IoThread& io) { state.threads.emplace_back([&] { state.run(io); }); });
  std::unique_lock lock(state.mutex);
  state.changed.wait(lock, [&] { return state.ready == state.io_threads.size(); });
  return std::nullopt;
}

void Server::State::run(IoThread& io) {
  io.run([this] {
    const std::lock_guard lock(mutex);
    ++ready;
    changed.notify_all();
  });
  const std::lock_guard lock(mutex);
  --running;
  changed.notify_all();
}

std::string Server::address() const { return state_->address; }

ServerStatistics Server::statistics() const {
  ServerStatistics statistics{.connections = state_->shared.connections.load(), .certificate_days = {}};
  if (const auto tls = state_->shared.tls()) {
    const std::chrono::duration<double, std::chrono::days::period> left =
        tls->certificate().not_after - state_->options.clock->wall();
    statistics.certificate_days = left.count();
  }
  return statistics;
}

std::optional<Certificate> Server::certificate() const {
  const auto tls = state_->shared.tls();
  return tls ? std::optional(tls->certificate()) : std::nullopt;
}

std::optional<std::string> Server::reload_tls() { return state_->load_tls(); }

std::optional<std::string> Server::State::load_tls() {
  if (!options.tls) return std::nullopt;
  auto loaded = TlsContext::load(*options.tls);
  if (const auto* problem = std::get_if<TlsProblem>(&loaded)) {
    return std::string("cannot use the TLS ") + (problem->of_key ? "key " : "certificate ") + problem->reason +
           "; give another file";
  }
  shared.set_tls(std::get<std::shared_ptr<const TlsContext>>(std::move(loaded)));
  return std::nullopt;
}

void Server::drain(std::chrono::milliseconds timeout) {
  // The rest is for answers that say so to reach those who were not answered in time.
  const auto rest = std::min<std::chrono::milliseconds>(timeout / 4, std::chrono::milliseconds(250));
  State& state = *state_;
  state.each([](IoThread& io) { io.drain(); });
  if (!state.wait_until_ended(timeout - rest)) {
    state.each([](IoThread& io) { io.cut(); });
    state.wait_until_ended(rest);
  }
  state.each([](IoThread& io) { io.stop(); });
  for (auto& thread : state.threads) thread.join();
  state.threads.clear();
}

bool Server::State::wait_until_ended(std::chrono::milliseconds at_most) {
  std::unique_lock lock(mutex);
  return changed.wait_for(lock, at_most, [&] { return running == 0; });
}

}  // namespace hookledger::http
