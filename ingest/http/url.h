#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hookledger::http {

struct Url {
  bool tls = false;
  std::string host;  ///< Without the brackets of an IPv6 address.
  std::string port;
  std::string authority;  ///< As it stood in the URL: the Host header.
  std::string target;     ///< Path and query.

  friend bool operator==(const Url&, const Url&) = default;
};
/// `http://` or `https://HOST[:PORT][/PATH][?QUERY]`. Nothing for anything else, user and fragment too.
std::optional<Url> parse_url(std::string_view text);

}  // namespace hookledger::http
