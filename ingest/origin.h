#pragma once

#include <optional>
#include <string_view>

namespace hookledger {

/// The beginning of a URL: `https://`, `user:password@` or nothing, `example.org:8443`. Views.
struct Origin {
  std::string_view scheme, user, host;
};

/// Of `http://` or `https://`, a host, perhaps user information and a port, and nothing after it; visible ASCII only.
/// Nothing for anything else.
std::optional<Origin> parse_origin(std::string_view url);

}  // namespace hookledger
