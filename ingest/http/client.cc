#include "ingest/http/client.h"

#include <optional>

#include "ingest/http/url.h"

namespace hookledger::http {
namespace {

constexpr std::size_t kBodyBytesMax = std::size_t{256} * 1024 * 1024;

/// Plain HTTP, and nothing behind the port but a slash.
std::optional<Url> parse_base(std::string_view base) {
  auto url = parse_url(base);
  const bool plain = url && !url->tls && url->target == "/" && base.find('?') == std::string_view::npos;
  return plain ? url : std::nullopt;
}

}  // namespace

bool is_base_url(std::string_view text) { return parse_base(text).has_value(); }

Result<FetchedResponse> fetch(std::string_view base, std::string_view target, std::chrono::milliseconds timeout,
                              const RequestHeaders& headers) {
  return send("GET", base, target, timeout, headers);
}

Result<FetchedResponse> send(std::string_view method, std::string_view base, std::string_view target,
                             std::chrono::milliseconds timeout, const RequestHeaders& headers) {
  auto url = parse_base(base);
  if (!url) return Error{ErrorCode::kUsage, "'" + std::string(base) + "' is not http://HOST:PORT"};
  Requester requester(std::move(*url), kBodyBytesMax);
  auto answer =
      requester.ask({.method = method, .target = target, .headers = headers, .wanted = {"content-type"}}, timeout);
  if (!answer) {
    return Error{ErrorCode::kUnavailable, "no answer from " + std::string(base) + ": " + answer.error().detail +
                                              " (is the server running there?)"};
  }
  return FetchedResponse{answer->status, std::move(answer->headers.front()), std::move(answer->body)};
}

}  // namespace hookledger::http
