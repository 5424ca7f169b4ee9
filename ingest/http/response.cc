#include "ingest/http/response.h"

#include <boost/beast/http/status.hpp>
#include <charconv>

namespace hookledger::http {
namespace {

void append_number(std::string& out, std::uint64_t number) {
  char digits[20];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

void append_response(std::string& out, const Response& response, ResponseFraming framing) {
  const auto reason = boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(response.status));
  const bool may_have_body = response.status >= 200 && response.status != 204 && response.status != 304;
  out.append("HTTP/1.1 ");
  append_number(out, response.status);
  out.append(" ").append(reason.data(), reason.size()).append("\r\n");
  if (may_have_body) {
    append_field(out, "Content-Type", response.content_type);
    out.append("Content-Length: ");
    append_number(out, response.body.size());
    out.append("\r\n");
  }
  for (const auto& [name, value] : response.headers) append_field(out, name, value);
  if (framing.close) {
    append_field(out, "Connection", "close");
  } else if (!framing.http11) {
    append_field(out, "Connection", "keep-alive");
  }
  out.append("\r\n");
  if (may_have_body && !framing.head) out.append(response.body);
}

}  // namespace hookledger::http
