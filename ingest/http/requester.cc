#include "ingest/http/requester.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <openssl/err.h>
#include <optional>

#include "schemas/time.h"

namespace hookledger::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::use_awaitable;
using Socket = asio::ip::tcp::socket;
using Message = beast::http::request<beast::http::string_body>;
using Parser = beast::http::response_parser<beast::http::string_body>;

constexpr std::size_t kHeadBytesMax = 8 * 1024, kBufferBytesMax = 64 * 1024;

beast::string_view view(std::string_view text) { return {text.data(), text.size()}; }

bool is_ip_address(const std::string& host) {
  boost::system::error_code no;
  asio::ip::make_address(host, no);
  return !no;
}

}  // namespace

struct Requester::State {
  /// Dies with whatever still waits on it.
  struct Connection {
    asio::io_context context{1};
    std::optional<Socket> socket;
    std::optional<asio::ssl::stream<Socket&>> tls;
    beast::flat_buffer buffer{kBufferBytesMax};
    bool answered = false;  ///< The head of the answer has come.
  };

  State(Url where, std::size_t bytes) : server(std::move(where)), body_bytes_max(bytes) {
    if (!server.tls) return;
    boost::system::error_code ignored;  // Without authorities nobody is trusted.
    tls.set_default_verify_paths(ignored);
    SSL_CTX_set_min_proto_version(tls.native_handle(), TLS1_2_VERSION);
  }

  asio::awaitable<void> connect(Connection& to);
  template <class Stream>
  asio::awaitable<void> exchange(Connection& on, Stream& stream, const Message& message, Parser& parser);
  asio::awaitable<void> talk(Connection& on, const Message& message, Parser& parser);
  /// What went wrong; empty: nothing.
  std::string run(const Message& message, Parser& parser, std::chrono::milliseconds timeout,
                  const std::stop_token& stop);

  const Url server;
  const std::size_t body_bytes_max;
  asio::ssl::context tls{asio::ssl::context::tls_client};
  std::unique_ptr<Connection> kept;
};

asio::awaitable<void> Requester::State::connect(Connection& to) {
  asio::ip::tcp::resolver resolver(to.context);
  const auto endpoints = co_await resolver.async_resolve(server.host, server.port, use_awaitable);
  to.socket.emplace(to.context);
  co_await asio::async_connect(*to.socket, endpoints, use_awaitable);
  if (!server.tls) co_return;
  to.tls.emplace(*to.socket, tls);
  if (!is_ip_address(server.host)) SSL_set_tlsext_host_name(to.tls->native_handle(), server.host.c_str());
  to.tls->set_verify_mode(asio::ssl::verify_peer);
  to.tls->set_verify_callback(asio::ssl::host_name_verification(server.host));
  co_await to.tls->async_handshake(asio::ssl::stream_base::client, use_awaitable);
}

template <class Stream>
asio::awaitable<void> Requester::State::exchange(Connection& on, Stream& stream, const Message& message,
                                                 Parser& parser) {
  co_await beast::http::async_write(stream, message, use_awaitable);
  co_await beast::http::async_read_header(stream, on.buffer, parser, use_awaitable);
  on.answered = true;
  if (body_bytes_max > 0) co_await beast::http::async_read(stream, on.buffer, parser, use_awaitable);
}

asio::awaitable<void> Requester::State::talk(Connection& on, const Message& message, Parser& parser) {
  if (!on.socket) co_await connect(on);
  if (on.tls) {
    co_await exchange(on, *on.tls, message, parser);
  } else {
    co_await exchange(on, *on.socket, message, parser);
  }
}

std::string Requester::State::run(const Message& message, Parser& parser, std::chrono::milliseconds timeout,
                                  const std::stop_token& stop) {
  if (!kept) kept = std::make_unique<Connection>();
  kept->answered = false;
  std::optional<std::string> failure;
  asio::co_spawn(kept->context, talk(*kept, message, parser), [&](std::exception_ptr failed) {
    failure.emplace();
    try {
      if (failed) std::rethrow_exception(failed);
    } catch (const boost::system::system_error& error) {
      failure = error.code().message();
    } catch (const std::exception& error) {
      failure = error.what();
    }
  });
  kept->context.restart();
  const std::stop_callback stopping(stop, [this] { kept->context.stop(); });
  if (!stop.stop_requested()) kept->context.run_for(timeout);
  if (failure) return *failure;
  return stop.stop_requested() ? "stopped before an answer" : "no answer within " + format_duration(timeout);
}

Requester::Requester(Url server, std::size_t body_bytes_max)
    : state_(std::make_unique<State>(std::move(server), body_bytes_max)) {}
Requester::~Requester() = default;

Result<Requester::Answer> Requester::ask(const Request& request, std::chrono::milliseconds timeout,
                                         std::stop_token stop) {
  Message message;
  message.version(11);
  message.method_string(view(request.method));
  message.target(view(request.target));
  message.set(beast::http::field::host, state_->server.authority);
  if (state_->body_bytes_max == 0) message.set(beast::http::field::connection, "close");
  for (const auto& [name, value] : request.headers) message.set(view(name), view(value));
  message.body() = request.body;
  message.prepare_payload();

  const auto give_up_at = std::chrono::steady_clock::now() + timeout;
  auto left = timeout;
  std::optional<Parser> parser;
  std::string failure;
  for (bool again = true; again;) {
    again = state_->kept != nullptr && request.method == "GET";
    parser.emplace();
    parser->header_limit(kHeadBytesMax);
    if (state_->body_bytes_max > 0) parser->body_limit(state_->body_bytes_max);
    failure = state_->run(message, *parser, left, stop);
    left = std::chrono::ceil<std::chrono::milliseconds>(give_up_at - std::chrono::steady_clock::now());
    again = again && !failure.empty() && !state_->kept->answered && !stop.stop_requested() && left.count() > 0;
    if (!failure.empty() || state_->body_bytes_max == 0 || !parser->keep_alive()) state_->kept.reset();
  }
  if (!failure.empty()) return Error{ErrorCode::kUnavailable, failure};
  const auto& head = parser->get();
  Answer answer{head.result_int(), {}, {}};
  for (const std::string_view name : request.wanted) answer.headers.emplace_back(head[view(name)]);
  answer.body = std::move(parser->get().body());
  return answer;
}

}  // namespace hookledger::http
