#include "ingest/http/kept_poster.h"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

namespace hookledger::http {
namespace {

namespace beast = boost::beast;
using Parser = beast::http::response_parser<beast::http::string_body>;

constexpr std::uint32_t kHeadBytesMax = 32 * 1024;
constexpr std::size_t kBodyBytesMax = 64 * 1024, kReadBytes = 16 * 1024;

}  // namespace

struct KeptPoster::Reading {
  std::optional<Parser> parser;
  std::string received;  ///< Not parsed yet.
  bool anything = false;

  void restart() {
    parser.emplace();
    parser->eager(true);
    parser->header_limit(kHeadBytesMax);
    parser->body_limit(kBodyBytesMax);
  }

  /// False: there is more to come.
  Result<bool> parse() {
    while (!received.empty()) {
      beast::error_code error;
      received.erase(0, parser->put(boost::asio::buffer(received), error));
      if (error && error != beast::http::error::need_more) {
        if (parser->is_header_done()) return true;
        if (error == beast::http::error::header_limit) {
          return Error{ErrorCode::kUnavailable, "an answer with a head of more than 32 KiB"};
        }
        return Error{ErrorCode::kUnavailable, "an answer that is not HTTP"};
      }
      if (!parser->is_done()) return false;
      if (parser->get().result_int() >= 200) return true;
      restart();  // 100 Continue, say: the answer is yet to come.
    }
    return false;
  }
};

KeptPoster::KeptPoster(Url url, std::chrono::milliseconds timeout, std::shared_ptr<ssl_ctx_st> tls_client)
    : url_(std::move(url)),
      tls_client_(std::move(tls_client)),
      socket_(timeout),
      reading_(std::make_unique<Reading>()) {}

KeptPoster::~KeptPoster() = default;

Result<void> KeptPoster::begin(const std::vector<std::pair<std::string_view, std::string_view>>& headers,
                               std::string_view body, std::stop_token stop) {
  write_request(headers, body);
  socket_.begin();
  stopping_.emplace(std::move(stop), Shut{&socket_});
  fresh_ = false;
  if (socket_.connected() && !is_quiet()) close();
  reading_->received.clear();
  reading_->anything = false;
  reading_->restart();
  auto sent = send();
  if (!sent) stopping_.reset();
  return sent;
}

std::optional<Result<PostAnswer>> KeptPoster::finish() {
  auto finished = try_finish();
  if (!finished) return finished;
  stopping_.reset();
  if (!*finished) close();
  return finished;
}

std::optional<Result<PostAnswer>> KeptPoster::try_finish() {
  while (true) {
    const auto parsed = reading_->parse();
    if (!parsed) return parsed.error();
    if (*parsed) return take_answer();
    const bool late = std::chrono::steady_clock::now() >= deadline();
    const auto more = late && reading_->anything ? Result<std::optional<std::size_t>>(socket_.late()) : receive();
    if (more && *more && **more > 0) continue;
    if (more && !*more && !late) return std::nullopt;
    if (reading_->parser->is_header_done()) return take_answer();
    if (!more) return more.error();
    if (!*more) return socket_.late();
    if (reading_->anything) return Error{ErrorCode::kUnavailable, "an answer that was cut off"};
    if (fresh_) return Error{ErrorCode::kUnavailable, "the connection was closed before an answer"};
    close();
    if (const auto sent = send(); !sent) return sent.error();
    return std::nullopt;
  }
}

PostAnswer KeptPoster::take_answer() {
  const auto& head = reading_->parser->get();
  PostAnswer answer{head.result_int(), std::string(head[beast::http::field::retry_after])};
  if (!reading_->parser->is_done() || !reading_->parser->keep_alive() || !reading_->received.empty()) close();
  return answer;
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

Result<std::optional<std::size_t>> KeptPoster::receive() {
  std::array<char, kReadBytes> bytes;
  auto count =
      tls_ ? tls_->receive_ready(bytes.data(), bytes.size()) : socket_.receive_ready(bytes.data(), bytes.size());
  if (count && *count && **count > 0) {
    reading_->received.append(bytes.data(), **count);
    reading_->anything = true;
  }
  return count;
}

/// What comes on a kept connection before anything was asked belongs to no answer.
bool KeptPoster::is_quiet() {
  const auto count = receive();
  return count && !*count;
}

void KeptPoster::close() {
  tls_.reset();
  socket_.close();
}

}  // namespace hookledger::http
