#include "ingest/http/kept_poster.h"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

namespace hookledger::http {
namespace {

namespace beast = boost::beast;
using Parser = beast::http::response_parser<beast::http::string_body>;

constexpr std::uint32_t kHeadBytesMax = 8 * 1024;
constexpr std::size_t kBodyBytesMax = 64 * 1024, kReadBytes = 16 * 1024;

}  // namespace

KeptPoster::KeptPoster(Url url, std::chrono::milliseconds timeout)
    : url_(std::move(url)), tls_client_(url_.tls ? make_tls_client() : nullptr), socket_(timeout) {}

KeptPoster::~KeptPoster() = default;

Result<void> KeptPoster::begin(const std::vector<std::pair<std::string_view, std::string_view>>& headers,
                               std::string_view body, std::stop_token stop) {
  write_request(headers, body);
  socket_.begin();
  stopping_.emplace(std::move(stop), Shut{&socket_});
  fresh_ = false;
  auto sent = send();
  if (!sent) stopping_.reset();
  return sent;
}

Result<PostAnswer> KeptPoster::finish() {
  auto answer = receive();
  if (answer && !*answer && !fresh_) {
    close();
    const auto sent = send();
    answer = sent ? receive() : Result<std::optional<PostAnswer>>(sent.error());
  }
  stopping_.reset();
  if (answer && *answer) return std::move(**answer);
  close();
  if (!answer) return answer.error();
  return Error{ErrorCode::kUnavailable, "the connection was closed before an answer"};
}

void KeptPoster::write_request(const std::vector<std::pair<std::string_view, std::string_view>>& headers,
                               std::string_view body) {
  request_.assign("POST ").append(url_.target).append(" HTTP/1.1\r\nhost: ").append(url_.authority);
  for (const auto& [name, value] : headers) request_.append("\r\n").append(name).append(": ").append(value);
  request_.append("\r\ncontent-length: ").append(std::to_string(body.size())).append("\r\n\r\n").append(body);
}

Result<void> KeptPoster::connect() {
  if (auto connected = socket_.connect(url_.host, url_.port); !connected) return connected;
  if (tls_client_ == nullptr) return {};
  tls_ = std::make_unique<BlockingTls>(tls_client_, socket_, url_.host);
  auto shaken = tls_->shake_hands();
  if (!shaken) close();
  return shaken;
}

Result<void> KeptPoster::send() {
  if (!socket_.connected()) {
    fresh_ = true;
    if (auto connected = connect(); !connected) return connected;
  }
  const auto sent = tls_ ? tls_->send(request_) : socket_.send(request_);
  if (!sent) close();
  // Who refuses a request may answer and close before it has all of it.
  return sent ? Result<void>() : Result<void>(sent.error());
}

Result<std::size_t> KeptPoster::receive_more() {
  std::array<char, kReadBytes> bytes;
  auto count = tls_ ? tls_->receive(bytes.data(), bytes.size()) : socket_.receive(bytes.data(), bytes.size());
  if (count) received_.append(bytes.data(), *count);
  return count;
}

Result<std::optional<PostAnswer>> KeptPoster::receive() {
  received_.clear();
  bool anything = false;
  std::optional<Parser> parser;
  while (true) {
    if (!parser) {
      parser.emplace();
      parser->eager(true);
      parser->header_limit(kHeadBytesMax);
      parser->body_limit(kBodyBytesMax);
    }
    beast::error_code error;
    if (!received_.empty()) received_.erase(0, parser->put(boost::asio::buffer(received_), error));
    if (error == beast::http::error::need_more) error = {};
    if (parser->is_done() && parser->get().result_int() < 200) {
      parser.reset();  // 100 Continue, say: the answer is yet to come.
      continue;
    }
    if (error && !parser->is_header_done()) return Error{ErrorCode::kUnavailable, "an answer that is not HTTP"};
    if (error || parser->is_done()) break;
    const auto more = receive_more();
    if (!more && !parser->is_header_done()) return more.error();
    if (more && *more == 0 && !anything) return std::optional<PostAnswer>();
    if (!more || *more == 0) break;
    anything = true;
  }
  if (!parser->is_header_done()) return Error{ErrorCode::kUnavailable, "an answer that was cut off"};
  PostAnswer answer{parser->get().result_int(), std::string(parser->get()[beast::http::field::retry_after])};
  if (!parser->is_done() || !parser->keep_alive() || !received_.empty()) close();
  return std::optional(std::move(answer));
}

void KeptPoster::close() {
  tls_.reset();
  socket_.close();
}

}  // namespace hookledger::http
