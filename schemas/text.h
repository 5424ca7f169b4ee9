#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hookledger {

/// Standard alphabet, padded.
std::string encode_base64(std::string_view bytes);

/// Strict: standard alphabet, padded, no white space. `canonical` also refuses non-zero trailing bits.
std::optional<std::string> decode_base64(std::string_view text, bool canonical = true);

std::string encode_hex(std::string_view bytes);

/// Unsigned decimal, digits only, nothing on overflow.
std::optional<std::uint64_t> parse_unsigned(std::string_view text);

/// `1048576`, `64KiB`, `1 MiB`, `2GB`. Nothing for anything else.
std::optional<std::uint64_t> parse_bytes(std::string_view text);

/// Does the character move the cursor, hide, or turn the direction of what stands around it?
bool acts_on_terminal(char32_t code);

/// Replaces control characters (terminal escapes, line breaks, bidirectional overrides) and invalid
/// UTF-8 by visible escapes, so that no byte from outside can act on a terminal.
std::string printable(std::string_view text);

}  // namespace hookledger
