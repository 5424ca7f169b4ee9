#include "ingest/http/url.h"

#include <algorithm>
#include <utility>

#include "schemas/text.h"

namespace hookledger::http {
namespace {

std::optional<std::pair<std::string_view, std::string_view>> split_authority(std::string_view authority) {
  std::string_view host = authority, port;
  const auto bracket = authority.starts_with('[') ? authority.find(']') : 0;
  if (bracket == std::string_view::npos) return std::nullopt;
  if (const auto colon = authority.find(':', bracket); colon != std::string_view::npos) {
    host = authority.substr(0, colon);
    port = authority.substr(colon + 1);
    const auto number = parse_unsigned(port);
    if (!number || *number == 0 || *number > 65535) return std::nullopt;
  }
  if (host.starts_with('[')) {
    if (!host.ends_with(']')) return std::nullopt;
    host = host.substr(1, host.size() - 2);
  }
  if (host.empty()) return std::nullopt;
  return std::pair{host, port};
}

}  // namespace

std::optional<Url> parse_url(std::string_view text) {
  Url url;
  if (text.starts_with("https://")) {
    url.tls = true;
    text.remove_prefix(8);
  } else if (text.starts_with("http://")) {
    text.remove_prefix(7);
  } else {
    return std::nullopt;
  }
  const auto visible = [](char c) { return c > ' ' && c < 0x7f && c != '#' && c != '\\'; };
  if (!std::ranges::all_of(text, visible)) return std::nullopt;
  const auto end = std::min(text.find_first_of("/?"), text.size());
  url.authority = text.substr(0, end);
  url.target = text.substr(end);
  if (!url.target.starts_with('/')) url.target.insert(0, 1, '/');
  if (url.authority.find('@') != std::string::npos) return std::nullopt;
  const auto parts = split_authority(url.authority);
  if (!parts) return std::nullopt;
  url.host = parts->first;
  url.port = !parts->second.empty() ? parts->second : url.tls ? "443" : "80";
  return url;
}

}  // namespace hookledger::http
