#include "tools/simulate/http_url.h"

#include <algorithm>

#include "schemas/text.h"

namespace hookledger {
namespace {

constexpr std::string_view kScheme = "http://";

bool is_port(std::string_view text) {
  const auto number = parse_unsigned(text);
  return number && *number >= 1 && *number <= 65535;
}

}  // namespace

Result<HttpUrl> parse_http_url(std::string_view text) {
  const Error bad{ErrorCode::kUsage, "not a usable address: give http://HOST:PORT/PATH"};
  const bool printable = std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
  if (!printable || !text.starts_with(kScheme)) return bad;
  text.remove_prefix(kScheme.size());

  HttpUrl url;
  const std::size_t path = std::min(text.find_first_of("/?#"), text.size());
  if (path < text.size() && text[path] != '/') return bad;
  if (path < text.size()) url.target = text.substr(path, text.find('#') - path);
  std::string_view authority = text.substr(0, path);
  url.authority = authority;
  if (authority.find('@') != std::string_view::npos) return bad;

  const std::size_t bracket = authority.starts_with('[') ? authority.find(']') : 0;
  if (bracket == std::string_view::npos) return bad;
  const std::size_t colon = authority.find(':', bracket);
  if (colon != std::string_view::npos) {
    url.port = authority.substr(colon + 1);
    authority = authority.substr(0, colon);
  }
  if (bracket > 0) authority = authority.substr(1, bracket - 1);
  url.host = authority;
  if (url.host.empty() || !is_port(url.port)) return bad;
  return url;
}

}  // namespace hookledger
