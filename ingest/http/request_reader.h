#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "ingest/http/budget.h"
#include "ingest/http/http.h"
#include "ingest/http/request_parser.h"

namespace hookledger::http {

/// Turns the bytes of one connection into requests. Holds one flat buffer: bytes are received into it, parsed where
/// they are, and a chunked body is closed up in place. The buffer grows with the bytes that really came, never
/// with what a peer announces, and every byte beyond `kBufferBytes` comes out of the budget.
///
/// Call `step` until it says kMore; then receive into `room` and go on.
class RequestReader {
 public:
  static constexpr std::size_t kBufferBytes = 8 * 1024;

  enum class Step {
    kMore,     ///< Nothing to do before more bytes have come.
    kHead,     ///< `head` is complete; the next step reads its body.
    kRequest,  ///< The whole request is there; `next` leaves it behind.
    kRefused,  ///< It cannot be read: `refusal`. Nothing can be read after it.
  };

  RequestReader(const Limits& limits, Budget& budget) : limits_(limits), budget_(budget) {}
  ~RequestReader() { release(); }
  RequestReader(const RequestReader&) = delete;
  RequestReader& operator=(const RequestReader&) = delete;

  Step step();
  Refusal refusal() const { return refusal_; }

  /// Where to receive; empty when the budget is spent. Stays where it is until the next `step`.
  std::span<char> room();
  void received(std::size_t bytes) { end_ += bytes; }

  /// Of the current request, from kHead on. Views are valid until the next `room`, `step` or `next`.
  const Head& head() const { return head_; }
  std::string_view body() const { return {bytes_.get() + body_at_, body_bytes_}; }
  bool chunked() const { return parser_->chunked(); }
  std::optional<std::uint64_t> length() const { return parser_->length(); }
  bool keep_alive() const { return parser_->keep_alive(); }
  bool http11() const { return !parser_ || parser_->http11(); }
  /// The peer holds the body back until it is told to send it.
  bool waits_for_continue() const;

  void next();

  /// Gives the buffer back; nothing is read after it.
  void release();

  /// Bytes of a request have come that is not complete.
  bool inside_request() const { return begin_ != end_; }
  /// A head has been read; its request is not complete.
  bool inside_body() const { return state_ == State::kBody; }

 private:
  enum class State { kHead, kBody, kDone };

  Step read_head();
  Step read_sized_body();
  Step read_chunked_body();
  Step refuse(Refusal refusal);
  std::size_t unparsed() const { return end_ - parsed_; }
  std::size_t room_wanted() const;
  void close_gap();
  void shift();
  void grow();

  const Limits& limits_;
  Budget& budget_;
  Head head_;
  std::optional<RequestParser> parser_;
  State state_ = State::kHead;
  Refusal refusal_ = Refusal::kBadRequest;
  bool skipped_empty_line_ = false;

  // begin_ <= body_at_ <= body_at_ + body_bytes_ <= parsed_ <= end_ <= capacity_, once the head is read.
  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_ = 0, begin_ = 0, body_at_ = 0, body_bytes_ = 0, parsed_ = 0, end_ = 0;
  std::size_t searched_ = 0, seen_ = 0;  ///< Of an incomplete head: searched for line ends, looked at by the parser.
  std::uint64_t remaining_ = 0;          ///< Of a body with a length.
};

}  // namespace hookledger::http
