#pragma once

#include <array>
#include <string_view>

namespace hookledger {

using HmacSha1 = std::array<unsigned char, 20>;

/// RFC 2104 with SHA-1, for providers that sign with it; libsodium has none. As a keyed code it still stands, SHA-1's
/// collisions notwithstanding (RFC 6194, 3.3). Any key length.
HmacSha1 hmac_sha1(std::string_view key, std::string_view text);

}  // namespace hookledger
