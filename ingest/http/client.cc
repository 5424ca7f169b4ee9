#include "ingest/http/client.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include "schemas/text.h"

namespace hookledger::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;

constexpr std::string_view kScheme = "http://";
constexpr std::uint64_t kBodyBytesMax = 256ULL * 1024 * 1024;

struct Address {
  std::string host, port;
};

Result<Address> parse_base(std::string_view base) {
  const Error usage{ErrorCode::kUsage, "'" + std::string(base) + "' is not http://HOST:PORT"};
  if (!base.starts_with(kScheme)) return usage;
  std::string_view rest = base.substr(kScheme.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  const auto colon = rest.rfind(':');
  if (rest.empty() || colon == 0 || rest.find('/') != std::string_view::npos) return usage;
  std::string_view host = rest.substr(0, colon);
  const std::string_view port = colon == std::string_view::npos ? "80" : rest.substr(colon + 1);
  const auto number = parse_unsigned(port);
  if (!number || *number == 0 || *number > 65535) return usage;
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return Address{std::string(host), std::string(port)};
}

/// One request on its own io_context, so that every step is bounded by the stream's deadline.
class Fetch {
 public:
  Fetch(const Address& address, std::string_view target) {
    request_.method(beast::http::verb::get);
    request_.target(beast::string_view(target.data(), target.size()));
    request_.version(11);
    request_.set(beast::http::field::host, address.host + ":" + address.port);
    request_.set(beast::http::field::connection, "close");
    parser_.body_limit(kBodyBytesMax);
  }

  beast::error_code run(const Address& address, std::chrono::seconds timeout) {
    beast::error_code error;
    asio::ip::tcp::resolver resolver(context_);
    const auto endpoints = resolver.resolve(address.host, address.port, error);
    if (error) return error;
    stream_.expires_after(timeout);
    stream_.async_connect(endpoints, [&](beast::error_code failed, const asio::ip::tcp::endpoint&) {
      error = failed;
      if (!error) write(error);
    });
    context_.run();
    return error;
  }

  FetchedResponse response() {
    const auto& message = parser_.get();
    return {message.result_int(), std::string(message[beast::http::field::content_type]), message.body()};
  }

 private:
  void write(beast::error_code& error) {
    beast::http::async_write(stream_, request_, [&](beast::error_code failed, std::size_t) {
      error = failed;
      if (!error) read(error);
    });
  }

  void read(beast::error_code& error) {
    beast::http::async_read(stream_, buffer_, parser_, [&](beast::error_code failed, std::size_t) { error = failed; });
  }

  asio::io_context context_;
  beast::tcp_stream stream_{context_};
  beast::flat_buffer buffer_;
  beast::http::request<beast::http::empty_body> request_;
  beast::http::response_parser<beast::http::string_body> parser_;
};

}  // namespace

Result<FetchedResponse> fetch(std::string_view base, std::string_view target, std::chrono::seconds timeout) {
  const auto address = parse_base(base);
  if (!address) return address.error();
  Fetch fetch(*address, target);
  if (const auto error = fetch.run(*address, timeout)) {
    return Error{ErrorCode::kUnavailable,
                 "no answer from " + std::string(base) + ": " + error.message() + " (is the server running there?)"};
  }
  return fetch.response();
}

}  // namespace hookledger::http
