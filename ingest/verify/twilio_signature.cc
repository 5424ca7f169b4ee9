#include "ingest/verify/twilio_signature.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "schemas/crypto.h"
#include "schemas/form.h"
#include "schemas/hmac_sha1.h"
#include "schemas/text.h"

namespace hookledger {
namespace {

/// Scheme and `//`, user information and host, `:port` or nothing, all from the path on.
struct UrlParts {
  std::string_view scheme, host, port, rest;
};

UrlParts split(std::string_view url) {
  const std::size_t colon = url.find("://");
  const std::size_t host_at = colon == std::string_view::npos ? 0 : colon + 3;
  const std::size_t rest_at = std::min(url.find_first_of("/?#", host_at), url.size());
  const std::string_view authority = url.substr(host_at, rest_at - host_at);
  const std::size_t name_at = authority.rfind('@') == std::string_view::npos ? 0 : authority.rfind('@') + 1;
  std::size_t port_at = authority.rfind(':');
  const std::size_t bracket = authority.rfind(']');  // The end of an IPv6 address.
  if (port_at == std::string_view::npos || port_at < name_at ||
      (bracket != std::string_view::npos && port_at < bracket))
    port_at = authority.size();
  return {url.substr(0, host_at), authority.substr(0, port_at), authority.substr(port_at), url.substr(rest_at)};
}

std::string with_quotes_escaped(std::string_view rest) {
  const std::size_t query_at = std::min(rest.find('?'), rest.size());
  std::string escaped(rest.substr(0, query_at));
  for (const char c : rest.substr(query_at)) {
    if (c == '\'') {
      escaped += "%27";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

/// The value of the query's first `bodySHA256`, as it stands there.
std::optional<std::string_view> body_hash(std::string_view url) {
  constexpr std::string_view kName = "bodySHA256=";
  std::string_view query = url.substr(std::min(url.find('?'), url.size()));
  while (!query.empty()) {
    query.remove_prefix(1);
    const std::string_view piece = query.substr(0, query.find('&'));
    if (piece.starts_with(kName)) return piece.substr(kName.size());
    query.remove_prefix(piece.size());
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::string> twilio_signed_urls(std::string_view url) {
  const UrlParts parts = split(url);
  const std::string as_it_is(parts.rest), escaped = with_quotes_escaped(parts.rest);
  const std::string without_port = std::string(parts.scheme).append(parts.host);
  const std::string_view standard_port = parts.scheme == "http://" ? ":80" : ":443";
  const std::string with_port = without_port + std::string(parts.port.empty() ? standard_port : parts.port);
  std::vector<std::string> urls;
  for (const std::string& rest : {as_it_is, escaped}) {
    urls.push_back(without_port + rest);
    urls.push_back(with_port + rest);
    if (as_it_is == escaped) break;
  }
  return urls;
}

std::optional<std::string> twilio_signed_parameters(std::string_view url, std::string_view body) {
  if (const auto hash = body_hash(url)) {
    return *hash == sha256_hex(body) ? std::optional(std::string()) : std::nullopt;
  }
  auto parameters = parse_form(body);
  if (!parameters) return std::nullopt;
  std::ranges::sort(*parameters, {}, [](const FormParameter& parameter) {
    return std::pair<std::string_view, std::string_view>(parameter.name, parameter.value);
  });
  parameters->erase(std::unique(parameters->begin(), parameters->end()), parameters->end());
  std::string text;
  text.reserve(body.size());
  for (const FormParameter& parameter : *parameters) text.append(parameter.name).append(parameter.value);
  return text;
}

bool twilio_signature_fits(std::string_view signature, std::string_view auth_token,
                           const std::vector<std::string>& urls, std::string_view parameters) {
  return std::ranges::any_of(urls, [&](const std::string& url) {
    const HmacSha1 code = hmac_sha1(auth_token, std::string(url).append(parameters));
    return equal_in_constant_time({reinterpret_cast<const char*>(code.data()), code.size()}, signature);
  });
}

}  // namespace hookledger
