#include "ingest/http/request_parser.h"

#include <boost/beast/http/error.hpp>
#include <cstring>
#include <functional>
#include <limits>

#include "schemas/text.h"

namespace hookledger::http {

namespace beast = boost::beast;
using beast::http::error;
using beast::http::field;

namespace {

constexpr std::size_t kChunkLinesMax = 16;  // Bytes of size lines per byte of body; nobody needs that many.
constexpr std::string_view kLineEnd = "\r\n";

bool is_hex_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

}  // namespace

RequestParser::RequestParser(Head& head, const Limits& limits) : head_(head), limits_(limits) {
  // The limits are kept here and by the reader, exactly and in their order.
  header_limit(std::numeric_limits<std::uint32_t>::max());
  body_limit(boost::none);
  head_.method = head_.target = {};
  head_.headers.clear();
}

std::size_t RequestParser::put_head(const char* begin, const char* end, error_code& ec) {
  begin_ = begin;
  end_ = end;
  return put(boost::asio::const_buffer(begin, static_cast<std::size_t>(end - begin)), ec);
}

std::size_t RequestParser::put_chunks(const char* begin, const char* end, char* body, error_code& ec) {
  eager(true);
  body_ = body;
  line_begin_ = begin;
  const std::size_t parsed = put(boost::asio::const_buffer(begin, static_cast<std::size_t>(end - begin)), ec);
  // A chunk's size line, or the last one with all trailers, has the room of a head. The verdict must not depend on how
  // much of it came at once: one byte before the end of a line, nobody can know that it ends.
  const char* const seen = is_done() ? begin + parsed - 1 : end;
  if ((!ec || ec == error::need_more) && too_long(seen)) ec = error::bad_chunk;
  return parsed;
}

bool RequestParser::too_long(const char* seen) const {
  return seen - line_begin_ > static_cast<std::ptrdiff_t>(limits_.head_bytes_max);
}

bool RequestParser::may_go_on(std::string_view rest) const {
  if (inside_chunk_) return true;
  std::size_t at = 0;
  if (chunked_bytes_ > 0) {  // The end of the chunk before, which Beast takes together with the next line.
    if (rest.size() <= kLineEnd.size()) return kLineEnd.starts_with(rest);
    if (!rest.starts_with(kLineEnd)) return false;
    at = kLineEnd.size();
  }
  if (at < rest.size() && !is_hex_digit(rest[at])) return false;
  const auto after_zeros = rest.find_first_not_of('0', at);
  const bool last = after_zeros == rest.npos || !is_hex_digit(rest[after_zeros]);
  for (auto feed = rest.find('\n', at); feed != rest.npos; feed = rest.find('\n', feed + 1)) {
    if (rest[feed - 1] != '\r') return false;
    if (!last) return true;  // What follows is the chunk.
  }
  return true;
}

void RequestParser::moved(const char* begin, const char* end, const char* to) {
  const auto follow = [&](std::string_view& view) {
    if (std::greater_equal<>()(view.data(), begin) && std::less<>()(view.data(), end)) {
      view = {to + (view.data() - begin), view.size()};
    }
  };
  follow(head_.method);
  follow(head_.target);
  for (auto& [name, value] : head_.headers) {
    follow(name);
    follow(value);
  }
}

void RequestParser::on_request_impl(beast::http::verb, string_view method, string_view target, int version,
                                    error_code&) {
  head_.method = method;
  head_.target = target;
  http11_ = version == 11;
}

void RequestParser::on_field_impl(field known, string_view name, string_view text, error_code& ec) {
  if (head_done_) return;  // A trailer must never pass for a header.
  std::string_view value = text;
  if (std::less<>()(value.data(), begin_) || std::greater_equal<>()(value.data(), end_)) {
    value = folded_.emplace_front(value);
  }
  head_.headers.emplace_back(name, value);
  switch (known) {
    case field::host:
      if (++hosts_ > 1) ec = error::bad_field;
      break;
    case field::content_length:
      if (length_) ec = error::multiple_content_length;
      length_ = parse_unsigned(value);
      if (!length_) ec = error::bad_content_length;
      break;
    case field::transfer_encoding:
      if (++encodings_ > 1 || !http11_ || !beast::iequals(text, "chunked")) ec = error::bad_transfer_encoding;
      break;
    case field::expect: expects_continue_ = beast::iequals(text, "100-continue"); break;
    default: break;
  }
}

void RequestParser::on_header_impl(error_code&) { head_done_ = true; }

void RequestParser::on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) {}

std::size_t RequestParser::on_body_impl(string_view body, error_code&) { return body.size(); }

void RequestParser::on_chunk_header_impl(std::uint64_t size, string_view extensions, error_code& ec) {
  const char* const line_end = extensions.data() + extensions.size();
  chunk_lines_bytes_ += static_cast<std::size_t>(line_end - line_begin_);
  if (too_long(line_end + 1) || chunk_lines_bytes_ > limits_.head_bytes_max + kChunkLinesMax * chunked_bytes_) {
    ec = error::bad_chunk;
  } else if (size > limits_.body_bytes_max - chunked_bytes_) {
    ec = error::body_limit;
  }
  inside_chunk_ = size > 0;
}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t remain, string_view body, error_code&) {
  line_begin_ = body.data() + body.size();
  chunked_bytes_ += body.size();
  inside_chunk_ = body.size() < remain;
  std::memmove(body_, body.data(), body.size());
  body_ += body.size();
  return body.size();
}

void RequestParser::on_finish_impl(error_code&) {}

}  // namespace hookledger::http
