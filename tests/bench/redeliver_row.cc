#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "ingest/log/embedded_log.h"
#include "tests/bench/bench.h"
#include "tests/bench/child.h"
#include "tests/bench/prepared_log.h"
#include "tests/bench/receiver.h"

namespace hookledger::bench {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;

constexpr double kGoal = 0.7;
constexpr unsigned kConnectionsAtOnce = 8;

std::vector<std::string> bodies_of(const LogReader& log) {
  std::vector<std::string> bodies;
  for (std::uint32_t partition = 0; partition < log.partitions(); ++partition) {
    const auto cursor = log.scan(partition, 0);
    while (cursor->next().value()) bodies.emplace_back(decode_record(cursor->bytes()).value().body);
  }
  return bodies;
}

using Socket = asio::ip::tcp::socket;

void connect(Socket& socket, std::uint16_t port) {
  socket.connect({asio::ip::address_v4::loopback(), port});
  socket.set_option(asio::ip::tcp::no_delay(true));
}

/// A client as one writes it with Beast: a request with a body, and its answer read.
class PlainClient {
 public:
  explicit PlainClient(std::uint16_t port) { connect(socket_, port); }

  void post(const std::string& body) {
    beast::http::request<beast::http::string_body> request(beast::http::verb::post, "/hooks", 11, body);
    request.set(beast::http::field::host, "127.0.0.1");
    request.set(beast::http::field::content_type, "application/json");
    request.prepare_payload();
    beast::http::write(socket_, request);
    beast::http::response<beast::http::string_body> answer;
    beast::http::read(socket_, buffer_, answer);
    if (answer.result() != beast::http::status::ok) throw std::runtime_error("the receiver refused a request");
  }

 private:
  asio::io_context context_{1};
  Socket socket_{context_};
  beast::flat_buffer buffer_;
};

/// What such a client cannot go below: bytes that are ready are sent, and an answer that nobody reads is taken.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port) { connect(socket_, port); }

  void post(const std::string& body) {
    request_.assign("POST /hooks HTTP/1.1\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n").append(body);
    asio::write(socket_, asio::buffer(request_));
    socket_.read_some(asio::buffer(answer_));
  }

 private:
  asio::io_context context_{1};
  Socket socket_{context_};
  std::string request_;
  std::array<char, 1024> answer_;
};

/// CPU-seconds that it costs to post the bodies and do nothing else.
template <class Client>
double bare_seconds(const std::vector<std::string>& bodies, std::uint16_t port) {
  std::atomic<std::size_t> next = 0;
  const CpuTime before = cpu_time_of_self();
  std::vector<std::thread> clients;
  for (unsigned i = 0; i < kConnectionsAtOnce; ++i) {
    clients.emplace_back([&] {
      Client client(port);
      for (std::size_t at = next++; at < bodies.size(); at = next++) client.post(bodies[at]);
    });
  }
  for (std::thread& client : clients) client.join();
  return (cpu_time_of_self() - before).total();
}

}  // namespace

void measure_redeliver(Bench& bench) {
  const PreparedLog prepared = prepare_log(bench.clock, bench.folder, bench.full ? 1'000'000 : 100'000);
  const auto bodies = bodies_of(*open_embedded_log_reader(prepared.data_dir + "/log").value());
  const Receiver receiver;
  const std::string secret = bench.folder + "/redeliver.secret";
  std::ofstream(secret) << "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
  say("redeliver: %zu records on %u connections, against a bare client", bodies.size(), kConnectionsAtOnce);
  const double before = bare_seconds<PlainClient>(bodies, receiver.port());
  const Finished done = run(bench.clock, {bench.program, "redeliver", "--data-dir", prepared.data_dir, "--to",
                                          receiver.url(), "--secret-file", secret, "--rate", "0", "--yes", "--quiet",
                                          "--restart", "--parallel", std::to_string(kConnectionsAtOnce)});
  const double after = bare_seconds<PlainClient>(bodies, receiver.port());
  const double raw = bare_seconds<RawClient>(bodies, receiver.port());
  const auto records = static_cast<double>(bodies.size());
  const double bare = 2 * records / (before + after), ours = records / done.cpu.total();
  bench.rows.push_back(compared("redelivered records per CPU-second", text("%.0f", ours),
                                text("%.0f (a bare client: %.0f, %.0f)", bare, records / before, records / after),
                                ours / bare, kGoal, true));
  bench.notes.push_back(text(
      "redeliver: %.0f records/s on the wall, %.1f s of CPU, %.1f of it in the system, peak %.0f MiB; sockets alone "
      "take %.0f requests per CPU-second",
      records / done.seconds, done.cpu.total(), done.cpu.system,
      static_cast<double>(done.resident_peak) / (1024 * 1024), records / raw));
}

}  // namespace hookledger::bench
