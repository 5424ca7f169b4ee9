#include "schemas/text.h"

#include <charconv>
#include <limits>

#include "schemas/utf8.h"

namespace hookledger {
namespace {

constexpr std::string_view kBase64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::uint8_t kNoDigit = 0xFF;

constexpr std::array<std::uint8_t, 256> kBase64Values = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNoDigit);
  for (std::size_t i = 0; i < kBase64Digits.size(); ++i) {
    values[static_cast<unsigned char>(kBase64Digits[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}();

std::optional<std::uint64_t> bytes_unit(std::string_view name) {
  struct Unit {
    std::string_view name;
    std::uint64_t bytes;
  };
  constexpr std::array<Unit, 11> kUnits{{{"", 1},
                                         {"B", 1},
                                         {"KiB", 1ULL << 10},
                                         {"MiB", 1ULL << 20},
                                         {"GiB", 1ULL << 30},
                                         {"TiB", 1ULL << 40},
                                         {"kB", 1'000},
                                         {"KB", 1'000},
                                         {"MB", 1'000'000},
                                         {"GB", 1'000'000'000},
                                         {"TB", 1'000'000'000'000}}};
  for (const Unit& unit : kUnits) {
    if (unit.name == name) return unit.bytes;
  }
  return std::nullopt;
}

void append_byte_escape(std::string& out, unsigned char byte) {
  out += "\\x";
  out += kHexDigits[byte >> 4];
  out += kHexDigits[byte & 0xF];
}

void append_escape(std::string& out, char32_t code) {
  switch (code) {
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  if (code < 0x80) return append_byte_escape(out, static_cast<unsigned char>(code));
  std::array<char, 8> hex;
  const auto end = std::to_chars(hex.data(), hex.data() + hex.size(), static_cast<std::uint32_t>(code), 16).ptr;
  out.append("\\u{").append(hex.data(), end).append("}");
}

}  // namespace

bool acts_on_terminal(char32_t code) {
  return code < 0x20 || (code >= 0x7F && code <= 0x9F) ||  // C0, DEL, C1
         code == 0xAD || code == 0x61C ||                  // soft hyphen, Arabic letter mark
         (code >= 0x200B && code <= 0x200F) ||             // zero width, direction marks
         (code >= 0x2028 && code <= 0x202E) ||             // line and paragraph separator, direction overrides
         (code >= 0x2060 && code <= 0x206F) ||             // invisible operators, direction isolates
         code == 0xFEFF || (code >= 0xFFF9 && code <= 0xFFFB) || (code >= 0xE0000 && code <= 0xE007F);
}

std::string encode_base64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j)
      group = group << 8 | (j < count ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    for (std::size_t j = 0; j < 4; ++j) text += j <= count ? kBase64Digits[group >> (18 - 6 * j) & 0x3F] : '=';
  }
  return text;
}

std::optional<std::string> decode_base64(std::string_view text, bool canonical) {
  if (text.size() % 4 != 0) return std::nullopt;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  const std::size_t digits = text.size() - padding;

  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  std::uint32_t pending = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    const std::uint8_t value = kBase64Values[static_cast<unsigned char>(text[i])];
    if (value == kNoDigit) return std::nullopt;
    pending = pending << 6 | value;
    if (i % 4 != 3) continue;
    bytes += {static_cast<char>(pending >> 16), static_cast<char>(pending >> 8), static_cast<char>(pending)};
    pending = 0;
  }
  if (padding == 0) return bytes;
  const unsigned unused_bits = padding == 2 ? 4 : 2;
  if (canonical && (pending & ((1U << unused_bits) - 1)) != 0) return std::nullopt;
  pending >>= unused_bits;
  if (padding == 1) bytes += static_cast<char>(pending >> 8);
  bytes += static_cast<char>(pending);
  return bytes;
}

std::string encode_hex(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kHexDigits[byte >> 4];
    text += kHexDigits[byte & 0xF];
  }
  return text;
}

std::optional<std::uint64_t> parse_unsigned(std::string_view text) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || at != end) return std::nullopt;
  return value;
}

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  std::string_view name = text.substr(digits);
  if (name.size() > 1 && name.front() == ' ') name.remove_prefix(1);
  const auto count = parse_unsigned(text.substr(0, digits));
  const auto unit = bytes_unit(name);
  if (!count || !unit || *count > std::numeric_limits<std::uint64_t>::max() / *unit) return std::nullopt;
  return *count * *unit;
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Utf8Char next = first_utf8_char(text);
    const std::string_view bytes = text.substr(0, next.size);
    if (!next.valid) {
      for (const char c : bytes) append_byte_escape(out, static_cast<unsigned char>(c));
    } else if (acts_on_terminal(next.code)) {
      append_escape(out, next.code);
    } else {
      out += bytes;
    }
    text.remove_prefix(next.size);
  }
  return out;
}

}  // namespace hookledger
