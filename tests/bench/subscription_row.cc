#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <fstream>
#include <list>
#include <map>
#include <mutex>
#include <thread>

#include "ingest/log/embedded_log.h"
#include "tests/bench/bench.h"
#include "tests/bench/load.h"
#include "tests/bench/server_process.h"
#include "tests/bench/timing.h"
#include "tools/key_files.h"

namespace hookledger::bench {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;

constexpr std::uint64_t kFullLoadEvents = 40'000;
constexpr std::chrono::seconds kDrainMax(120);

/// An application that notes when a record came first. Connections end with this object.
class Application {
 public:
  explicit Application(const Clock& clock) : clock_(clock), acceptor_(context_, {asio::ip::address_v4::loopback(), 0}) {
    accepting_ = std::thread([this] { accept(); });
  }
  ~Application() {
    stopping_ = true;
    asio::ip::tcp::socket(context_).connect(acceptor_.local_endpoint());
    accepting_.join();
    for (Connection& connection : connections_) {
      boost::system::error_code ignored;
      connection.socket.shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
      connection.thread.join();
    }
  }
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  std::map<Place, Time> came() const {
    const std::lock_guard lock(mutex_);
    return came_;
  }

 private:
  struct Connection {
    asio::ip::tcp::socket socket;
    std::thread thread{};
  };

  void accept() {
    while (true) {
      asio::ip::tcp::socket socket(context_);
      acceptor_.accept(socket);
      if (stopping_) return;
      socket.set_option(asio::ip::tcp::no_delay(true));
      Connection& connection = connections_.emplace_back(Connection{std::move(socket)});
      connection.thread = std::thread([this, &connection] { serve(connection.socket); });
    }
  }

  void serve(asio::ip::tcp::socket& socket) {
    beast::flat_buffer buffer;
    boost::system::error_code failed;
    while (true) {
      beast::http::request<beast::http::string_body> request;
      beast::http::read(socket, buffer, request, failed);
      if (failed) return;
      note({static_cast<std::uint32_t>(std::stoul(std::string(request["hookledger-partition"]))),
            std::stoull(std::string(request["hookledger-offset"]))});
      beast::http::response<beast::http::empty_body> answer(beast::http::status::ok, 11);
      answer.keep_alive(request.keep_alive());
      answer.prepare_payload();
      beast::http::write(socket, answer, failed);
      if (failed || !answer.keep_alive()) return;
    }
  }

  void note(Place place) {
    const Time now = clock_.wall();
    const std::lock_guard lock(mutex_);
    came_.emplace(place, now);
  }

  const Clock& clock_;
  asio::io_context context_;
  asio::ip::tcp::acceptor acceptor_;
  std::atomic<bool> stopping_ = false;
  std::list<Connection> connections_;
  std::thread accepting_;
  mutable std::mutex mutex_;  ///< Guards what came.
  std::map<Place, Time> came_;
};

std::string write_config(const Bench& bench, std::uint16_t port) {
  const std::string secret = bench.folder + "/subscription.secret", config = bench.folder + "/subscription.ini";
  std::ofstream(secret) << "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
  std::ofstream(config) << "[subscription.bench]\nurl = http://127.0.0.1:" << port << "/\nsecret-file = " << secret
                        << '\n';
  return config;
}

std::uint64_t records_in(const LogReader& log) {
  std::uint64_t records = 0;
  for (std::uint32_t partition = 0; partition < log.partitions(); ++partition) records += log.end(partition);
  return records;
}

/// Milliseconds from a record's receipt until the application had it.
std::vector<double> lags(const LogReader& log, const std::map<Place, Time>& came) {
  std::vector<double> lags;
  for (std::uint32_t partition = 0; partition < log.partitions(); ++partition) {
    const auto cursor = log.scan(partition, 0);
    while (cursor->next().value()) {
      const auto at = came.find(cursor->place());
      if (at == came.end()) throw std::runtime_error("a record did not reach the application");
      const Duration lag = at->second - decode_record(cursor->bytes()).value().received_at;
      lags.push_back(static_cast<double>(lag.count()) / 1e3);
    }
  }
  return lags;
}

/// All that is in the log, once the application has it.
std::vector<double> run(const Bench& bench, const std::string& name, double rate, std::uint64_t events, double& full) {
  const std::string data_dir = bench.folder + "/" + name;
  Application application(bench.clock);
  const ServerProcess server(bench.program, "serve", data_dir, public_key_base64(signing_key()), kServerThreads,
                             {"--config", write_config(bench, application.port())});
  full = send(bench.clock, server.webhook_url(), {.events = events, .seed = 1, .rate = rate}).rate;
  const auto log = open_embedded_log_reader(data_dir + "/log").value();
  const auto give_up_at = bench.clock.monotonic() + kDrainMax;
  while (application.came().size() < records_in(*log)) {
    if (bench.clock.monotonic() > give_up_at) throw std::runtime_error("the application does not get all records");
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return lags(*log, application.came());
}

}  // namespace

void measure_subscription(Bench& bench) {
  say("subscription: finding the full load");
  double full = 0, ignored = 0;
  (void)run(bench, "subscription-full", 0, kFullLoadEvents, full);
  const double seconds = bench.full ? 60 : 12;
  say("subscription: %.0f events/s for %.0f s", full / 2, seconds);
  auto half = run(bench, "subscription-half", full / 2, static_cast<std::uint64_t>(seconds * full / 2), ignored);
  bench.rows.push_back({.work = "lag of a standing subscription at half load, p99",
                        .result = text("%.1f ms (p50 %.1f ms)", percentile(half, 99), percentile(half, 50)),
                        .floor = {},
                        .ratio = {},
                        .goal = {},
                        .met = {}});
  bench.notes.push_back(
      text("subscription: half of %.0f webhooks/s, client, server and application on the same cores", full));
}

}  // namespace hookledger::bench
