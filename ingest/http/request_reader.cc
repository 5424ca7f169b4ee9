#include "ingest/http/request_reader.h"

#include <algorithm>
#include <boost/beast/http/error.hpp>
#include <cstring>

namespace hookledger::http {
namespace {

using error = boost::beast::http::error;

constexpr std::size_t kReceiveBytesMin = 2 * 1024;  // Less room than this is not worth a system call.
constexpr std::size_t kKeptBytesMax = 16 * 1024;    // A larger buffer is given back between requests.
constexpr std::size_t kKeptHeadersMax = 128;
// An incomplete head is looked at as far as it has whole lines, so that one that comes byte by byte is not parsed for
// each of them; but so much at once, so that what is no HTTP is refused at once.
constexpr std::size_t kBeginningBytes = 64;
// `0 CR LF CR LF`. Before the first chunk, Beast must not see less: it would stop the program at the fourth byte.
constexpr std::size_t kLastChunkBytes = 5;

}  // namespace

RequestReader::Step RequestReader::step() {
  switch (state_) {
    case State::kHead: return read_head();
    case State::kBody: return parser_->chunked() ? read_chunked_body() : read_sized_body();
    case State::kDone: break;
  }
  return Step::kMore;
}

RequestReader::Step RequestReader::read_head() {
  if (begin_ != end_ && bytes_[begin_] == '\r' && !skipped_empty_line_) {  // RFC 9112, 2.2 allows one.
    if (end_ - begin_ < 2) return Step::kMore;
    if (bytes_[begin_ + 1] != '\n') return refuse(Refusal::kBadRequest);
    begin_ += 2;
    skipped_empty_line_ = true;
  }
  const std::size_t size = std::min(end_ - begin_, limits_.head_bytes_max);
  const char* const begin = bytes_.get() + begin_;
  const void* const line_end = size > searched_ ? ::memrchr(begin + searched_, '\n', size - searched_) : nullptr;
  const auto lines = line_end == nullptr ? 0 : static_cast<std::size_t>(static_cast<const char*>(line_end) + 1 - begin);
  const std::size_t seen = std::max(lines, std::min(size, kBeginningBytes));
  searched_ = size;
  if (seen > seen_) {
    seen_ = seen;
    RequestParser::error_code ec;
    parser_.emplace(head_, limits_);
    parsed_ = begin_ + parser_->put_head(begin, begin + seen, ec);
    if (ec && ec != error::need_more) return refuse(Refusal::kBadRequest);
    if (!ec) {
      state_ = State::kBody;
      body_at_ = parsed_;
      remaining_ = length().value_or(0);
      return Step::kHead;
    }
  }
  return size == limits_.head_bytes_max ? refuse(Refusal::kHeadTooLarge) : Step::kMore;
}

RequestReader::Step RequestReader::read_sized_body() {
  if (length().value_or(0) > limits_.body_bytes_max) return refuse(Refusal::kBodyTooLarge);
  const auto bytes = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, unparsed()));
  parsed_ += bytes;
  remaining_ -= bytes;
  body_bytes_ += bytes;
  if (remaining_ > 0) return Step::kMore;
  state_ = State::kDone;
  return Step::kRequest;
}

RequestReader::Step RequestReader::read_chunked_body() {
  if (unparsed() >= (parser_->chunked_bytes() == 0 ? kLastChunkBytes : 1)) {
    RequestParser::error_code ec;
    char* const body = bytes_.get() + body_at_ + body_bytes_;
    parsed_ += parser_->put_chunks(bytes_.get() + parsed_, bytes_.get() + end_, body, ec);
    body_bytes_ = parser_->chunked_bytes();
    if (ec == error::body_limit) return refuse(Refusal::kBodyTooLarge);
    if (ec && ec != error::need_more) return refuse(Refusal::kBadRequest);
  }
  if (parser_->is_done()) {
    state_ = State::kDone;
    return Step::kRequest;
  }
  return parser_->may_go_on({bytes_.get() + parsed_, unparsed()}) ? Step::kMore : refuse(Refusal::kBadRequest);
}

RequestReader::Step RequestReader::refuse(Refusal refusal) {
  refusal_ = refusal;
  return Step::kRefused;
}

bool RequestReader::waits_for_continue() const {
  return parser_->expects_continue() && unparsed() == 0 && (parser_->chunked() || remaining_ > 0);
}

void RequestReader::next() {
  begin_ = parsed_;
  parser_.reset();
  head_.method = {};
  if (head_.headers.capacity() > kKeptHeadersMax) head_.headers = {};
  state_ = State::kHead;
  body_bytes_ = 0;
  searched_ = seen_ = 0;
  skipped_empty_line_ = false;
  if (begin_ == end_) {
    begin_ = parsed_ = end_ = 0;
    if (capacity_ > kKeptBytesMax) release();
  }
}

std::span<char> RequestReader::room() {
  if (capacity_ - end_ < room_wanted()) close_gap();
  if (capacity_ - end_ < room_wanted()) shift();
  if (capacity_ - end_ < room_wanted()) grow();
  return {bytes_.get() + end_, capacity_ - end_};
}

std::size_t RequestReader::room_wanted() const {
  if (state_ != State::kBody || parser_->chunked()) return kReceiveBytesMin;
  return static_cast<std::size_t>(std::min<std::uint64_t>(kReceiveBytesMin, remaining_));
}

void RequestReader::close_gap() {
  if (state_ != State::kBody) return;
  const std::size_t body_end = body_at_ + body_bytes_;
  const std::size_t bytes = unparsed();
  std::memmove(bytes_.get() + body_end, bytes_.get() + parsed_, bytes);
  parsed_ = body_end;
  end_ = body_end + bytes;
}

void RequestReader::shift() {
  if (begin_ == 0) return;
  char* const from = bytes_.get() + begin_;
  if (parser_) parser_->moved(from, bytes_.get() + end_, bytes_.get());
  std::memmove(bytes_.get(), from, end_ - begin_);
  for (std::size_t* place : {&body_at_, &parsed_, &end_}) *place -= std::min(*place, begin_);
  begin_ = 0;
}

void RequestReader::grow() {
  // Largest is a whole head and body, an unparsed rest of a chunked one, and some room to receive.
  const std::size_t capacity_max = 2 * limits_.head_bytes_max + limits_.body_bytes_max + kBufferBytes;
  const std::size_t capacity = capacity_ == 0 ? kBufferBytes : std::min(2 * capacity_, capacity_max);
  if (capacity <= capacity_) return;
  if (capacity_ != 0 && !budget_.take(capacity - capacity_)) return;
  auto bytes = std::make_unique_for_overwrite<char[]>(capacity);
  if (end_ != 0) std::memcpy(bytes.get(), bytes_.get(), end_);
  if (parser_) parser_->moved(bytes_.get(), bytes_.get() + end_, bytes.get());
  bytes_ = std::move(bytes);
  capacity_ = capacity;
}

void RequestReader::release() {
  if (capacity_ > kBufferBytes) budget_.give_back(capacity_ - kBufferBytes);
  bytes_.reset();
  capacity_ = 0;
}

}  // namespace hookledger::http
