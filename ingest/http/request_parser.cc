#include "ingest/http/request_parser.h"

#include <boost/beast/http/error.hpp>
#include <cstring>
#include <functional>
#include <limits>

namespace hookledger::http {

namespace beast = boost::beast;
using beast::http::error;
using beast::http::field;

RequestParser::RequestParser(Head& head, std::size_t body_bytes_max) : head_(head), body_bytes_max_(body_bytes_max) {
  // The reader has limits of its own, which are exact and have an order.
  header_limit(std::numeric_limits<std::uint32_t>::max());
  body_limit(boost::none);
}

std::size_t RequestParser::put_head(const char* begin, const char* end, error_code& ec) {
  begin_ = begin;
  end_ = end;
  return put(boost::asio::const_buffer(begin, static_cast<std::size_t>(end - begin)), ec);
}

std::size_t RequestParser::put_chunks(const char* begin, const char* end, char* body, error_code& ec) {
  eager(true);
  body_ = body;
  return put(boost::asio::const_buffer(begin, static_cast<std::size_t>(end - begin)), ec);
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
      if (++lengths_ > 1 || value.find(',') != value.npos) ec = error::bad_content_length;
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

void RequestParser::on_chunk_header_impl(std::uint64_t size, string_view, error_code& ec) {
  if (size > body_bytes_max_ - chunked_bytes_) ec = error::body_limit;
}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t, string_view body, error_code&) {
  if (body_ != nullptr) {
    std::memmove(body_, body.data(), body.size());
    body_ += body.size();
  }
  chunked_bytes_ += body.size();
  return body.size();
}

void RequestParser::on_finish_impl(error_code&) {}

}  // namespace hookledger::http
