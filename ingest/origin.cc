#include "ingest/origin.h"

#include <algorithm>

#include "schemas/text.h"

namespace hookledger {

std::optional<Origin> parse_origin(std::string_view url) {
  const std::size_t mark = url.find("://");
  if (mark == std::string_view::npos) return std::nullopt;
  const std::size_t user_at = mark + 3;
  const std::size_t at = url.rfind('@');
  const std::size_t host_at = at == std::string_view::npos ? user_at : at + 1;
  if (host_at < user_at) return std::nullopt;
  const Origin origin{url.substr(0, user_at), url.substr(user_at, host_at - user_at), url.substr(host_at)};

  const bool visible = std::ranges::all_of(url, [](char c) { return c > 0x20 && c < 0x7f; });
  const std::string_view host = origin.host;
  const std::size_t bracket = host.rfind(']');  // Of an IPv6 address.
  const std::size_t colon = host.find(':', bracket == std::string_view::npos ? 0 : bracket);
  const bool port_valid =
      colon == std::string_view::npos || parse_unsigned(host.substr(colon + 1)).value_or(65'536) < 65'536;
  if ((origin.scheme != "https://" && origin.scheme != "http://") || !visible || !port_valid || host.empty() ||
      colon == 0 || url.find_first_of("/?#", user_at) != std::string_view::npos) {
    return std::nullopt;
  }
  return origin;
}

}  // namespace hookledger
