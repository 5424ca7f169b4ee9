#pragma once

#include <string>
#include <string_view>

#include "schemas/error.h"

namespace hookledger {

struct HttpUrl {
  std::string host;  ///< Without the brackets of an IPv6 address.
  std::string port = "80";
  std::string authority;  ///< As it stood in the URL: the Host header.
  std::string target = "/";
};

/// Errors: kUsage, for anything but `http://HOST[:PORT][/PATH]`.
Result<HttpUrl> parse_http_url(std::string_view text);

}  // namespace hookledger
