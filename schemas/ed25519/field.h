#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace hookledger::ed25519 {

/// An integer modulo p = 2^255 - 19 as five limbs of 51 bits, least first (Bernstein, Duif, Lange, Schwabe, Yang:
/// High-speed high-security signatures, 2011, section 3). Between operations a limb may exceed 51 bits: a product's are
/// below 2^51 + 2^13, and with b a product, a + b and a - b are below 2^54 whenever a is below 2^53. Factors must be
/// below 2^54, a subtrahend a product. Takes as long as its operands make it: never for secrets.
struct Field {
  std::array<std::uint64_t, 5> limbs{};

  static constexpr Field from_small(std::uint64_t value) { return {{value, 0, 0, 0, 0}}; }
};

inline constexpr std::uint64_t kLimbMask = (std::uint64_t{1} << 51) - 1;
__extension__ using Wide = unsigned __int128;

constexpr Field operator+(const Field& a, const Field& b) {
  Field sum;
  for (std::size_t i = 0; i < 5; ++i) sum.limbs[i] = a.limbs[i] + b.limbs[i];
  return sum;
}

/// a + 2p - b, so that no limb falls below zero.
constexpr Field operator-(const Field& a, const Field& b) {
  constexpr std::uint64_t kTwoP0 = 2 * (kLimbMask - 18), kTwoP = 2 * kLimbMask;
  Field difference;
  for (std::size_t i = 0; i < 5; ++i) difference.limbs[i] = a.limbs[i] + (i == 0 ? kTwoP0 : kTwoP) - b.limbs[i];
  return difference;
}

/// Brings the columns of a product down to limbs: what exceeds 2^255 comes back times 19.
constexpr Field carry(Wide c0, Wide c1, Wide c2, Wide c3, Wide c4) {
  const auto low = [](Wide column) { return static_cast<std::uint64_t>(column) & kLimbMask; };
  const auto high = [](Wide column) { return static_cast<std::uint64_t>(column >> 51); };
  c1 += high(c0);
  c2 += high(c1);
  c3 += high(c2);
  c4 += high(c3);
  const std::uint64_t r0 = low(c0) + 19 * high(c4);
  return {{r0 & kLimbMask, low(c1) + (r0 >> 51), low(c2), low(c3), low(c4)}};
}

constexpr Field operator*(const Field& a, const Field& b) {
  const auto [a0, a1, a2, a3, a4] = a.limbs;
  const auto [b0, b1, b2, b3, b4] = b.limbs;
  const std::uint64_t b1x = 19 * b1, b2x = 19 * b2, b3x = 19 * b3, b4x = 19 * b4;
  return carry(Wide{a0} * b0 + Wide{a1} * b4x + Wide{a2} * b3x + Wide{a3} * b2x + Wide{a4} * b1x,
               Wide{a0} * b1 + Wide{a1} * b0 + Wide{a2} * b4x + Wide{a3} * b3x + Wide{a4} * b2x,
               Wide{a0} * b2 + Wide{a1} * b1 + Wide{a2} * b0 + Wide{a3} * b4x + Wide{a4} * b3x,
               Wide{a0} * b3 + Wide{a1} * b2 + Wide{a2} * b1 + Wide{a3} * b0 + Wide{a4} * b4x,
               Wide{a0} * b4 + Wide{a1} * b3 + Wide{a2} * b2 + Wide{a3} * b1 + Wide{a4} * b0);
}

constexpr Field square(const Field& a) {
  const auto [a0, a1, a2, a3, a4] = a.limbs;
  const std::uint64_t d0 = 2 * a0, d1 = 2 * a1, d2 = 2 * a2, d3 = 2 * a3, a3x = 19 * a3, a4x = 19 * a4;
  return carry(Wide{a0} * a0 + Wide{d1} * a4x + Wide{d2} * a3x, Wide{d0} * a1 + Wide{d2} * a4x + Wide{a3} * a3x,
               Wide{d0} * a2 + Wide{a1} * a1 + Wide{d3} * a4x, Wide{d0} * a3 + Wide{d1} * a2 + Wide{a4} * a4x,
               Wide{d0} * a4 + Wide{d1} * a3 + Wide{a2} * a2);
}

constexpr Field square(Field a, unsigned times) {
  for (; times > 0; --times) a = square(a);
  return a;
}

/// a^(2^250 - 1), with which both powers below begin. Each step doubles (or adds to) the run of ones in the exponent.
constexpr Field power_of_250_ones(const Field& a) {
  const Field ones2 = square(a) * a, ones4 = square(ones2, 2) * ones2, ones5 = square(ones4) * a;
  const Field ones10 = square(ones5, 5) * ones5, ones20 = square(ones10, 10) * ones10;
  const Field ones40 = square(ones20, 20) * ones20, ones50 = square(ones40, 10) * ones10;
  const Field ones100 = square(ones50, 50) * ones50, ones200 = square(ones100, 100) * ones100;
  return square(ones200, 50) * ones50;
}

/// a^(p - 2), which is 1/a, and 0 of 0. p - 2 is 250 ones and then 01011.
constexpr Field inverse(const Field& a) {
  const Field a11 = square(square(a, 2) * a) * a;
  return square(power_of_250_ones(a), 5) * a11;
}

/// a^((p - 5) / 8), the heart of a square root. The exponent is 250 ones and then 01.
constexpr Field power_p58(const Field& a) { return square(power_of_250_ones(a), 2) * a; }

using FieldBytes = std::array<unsigned char, 32>;  ///< Little-endian, 255 bits.

/// Of the least non-negative representative.
constexpr FieldBytes encode(const Field& a) {
  auto v = a.limbs;
  const auto carry_out = [&v] {
    for (std::size_t i = 0; i < 4; ++i) {
      v[i + 1] += v[i] >> 51;
      v[i] &= kLimbMask;
    }
    const std::uint64_t out = v[4] >> 51;
    v[4] &= kLimbMask;
    return out;
  };
  v[0] += 19 * carry_out();
  v[0] += 19 * carry_out();
  const auto below_2_255 = v;
  v[0] += 19;
  if (carry_out() == 0) v = below_2_255;  // Else it was p or more, and p has been taken away.
  const std::array<std::uint64_t, 4> words{v[0] | v[1] << 51, v[1] >> 13 | v[2] << 38, v[2] >> 26 | v[3] << 25,
                                           v[3] >> 39 | v[4] << 12};
  FieldBytes bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<unsigned char>(words[i / 8] >> (8 * (i % 8)));
  return bytes;
}

/// The highest bit is ignored.
constexpr Field decode(const FieldBytes& bytes) {
  std::array<std::uint64_t, 4> words{};
  for (std::size_t i = 0; i < bytes.size(); ++i) words[i / 8] |= std::uint64_t{bytes[i]} << (8 * (i % 8));
  return {{words[0] & kLimbMask, (words[0] >> 51 | words[1] << 13) & kLimbMask,
           (words[1] >> 38 | words[2] << 26) & kLimbMask, (words[2] >> 25 | words[3] << 39) & kLimbMask,
           words[3] >> 12 & kLimbMask}};
}

constexpr bool equal(const Field& a, const Field& b) { return encode(a) == encode(b); }
/// What an encoded point calls the sign of its x.
constexpr bool is_odd(const Field& a) { return (encode(a)[0] & 1U) != 0; }

}  // namespace hookledger::ed25519
