#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <forward_list>
#include <optional>
#include <string>

#include "ingest/http/http.h"

namespace hookledger::http {

/// Beast's parser for one request, stricter where two servers could read different things. Fills `head` with views
/// into the bytes it is given, so nothing is copied but folded lines; whoever moves those bytes says so.
class RequestParser final : public boost::beast::http::basic_parser<true> {
 public:
  using error_code = boost::system::error_code;

  /// Clears `head`.
  RequestParser(Head& head, const Limits& limits);

  /// Parses the head in [begin, end), or says `need_more`: then only a new parser can try again with more, because
  /// Beast does not look at what comes next before all of it is there. Returns the head's size.
  std::size_t put_head(const char* begin, const char* end, error_code& ec);
  /// [begin, end), which the head is part of, is about to move.
  void moved(const char* begin, const char* end, const char* to);

  /// Parses [begin, end) of a chunked body and puts what it holds at `body`, which may overlap but not be behind
  /// `begin`. `error::body_limit` when it exceeds the limit.
  std::size_t put_chunks(const char* begin, const char* end, char* body, error_code& ec);
  /// False when no size line, nor the last one with its trailers, begins like `rest`, which is what `put_chunks` has
  /// left. Beast waits for the end of such a line, which may never come.
  bool may_go_on(std::string_view rest) const;
  /// Of the chunked body so far.
  std::size_t chunked_bytes() const { return chunked_bytes_; }

  std::optional<std::uint64_t> length() const { return length_; }
  bool expects_continue() const { return expects_continue_ && http11_; }
  bool http11() const { return http11_; }

 private:
  bool too_long(const char* seen) const;

  using string_view = boost::beast::string_view;

  void on_request_impl(boost::beast::http::verb, string_view method, string_view target, int version,
                       error_code& ec) override;
  void on_response_impl(int, string_view, int, error_code&) override {}
  void on_field_impl(boost::beast::http::field field, string_view name, string_view value, error_code& ec) override;
  void on_header_impl(error_code& ec) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code& ec) override;
  std::size_t on_body_impl(string_view body, error_code& ec) override;
  void on_chunk_header_impl(std::uint64_t size, string_view, error_code& ec) override;
  std::size_t on_chunk_body_impl(std::uint64_t remain, string_view body, error_code& ec) override;
  void on_finish_impl(error_code& ec) override;

  Head& head_;
  const Limits& limits_;
  const char* begin_ = nullptr;
  const char* end_ = nullptr;
  char* body_ = nullptr;
  const char* line_begin_ = nullptr;  ///< Of the bytes between two chunks.
  std::size_t chunked_bytes_ = 0, chunk_lines_bytes_ = 0;
  std::forward_list<std::string> folded_;
  std::optional<std::uint64_t> length_;
  unsigned hosts_ = 0, encodings_ = 0;
  bool head_done_ = false, inside_chunk_ = false, expects_continue_ = false, http11_ = true;
};

}  // namespace hookledger::http
