// The field and the curve under Ed25519Key: laws, edges of the representation, and libsodium's scalar products.

#include <gtest/gtest.h>
#include <random>

#include "schemas/ed25519/curve.h"
#include "tests/support/libsodium.h"

namespace hookledger::testing {
namespace {

using ed25519::Field;
using ed25519::Scalar;

constexpr std::uint64_t kFactorMax = (std::uint64_t{1} << 54) - 1;

class Ed25519Curve : public ::testing::Test {
 protected:
  Ed25519Curve() { init_crypto(); }

  /// Limbs as large as a factor's may be, often the largest or zero.
  Field random_factor() {
    Field a;
    for (auto& limb : a.limbs) {
      const auto kind = random_() % 4;
      limb = kind == 0 ? kFactorMax : kind == 1 ? 0 : random_() & kFactorMax;
    }
    return a;
  }
  Scalar random_scalar() {
    Scalar scalar;
    for (auto& byte : scalar) byte = static_cast<unsigned char>(random_());
    scalar[31] &= 0x0f;
    return scalar;
  }

  std::mt19937_64 random_{41};
};

/// a times b, and a plus b, one bit of b at a time: schoolbook arithmetic on 255 bits that shares nothing with Field's.
using Bits = std::array<unsigned char, 32>;
Bits minus_p_if_possible(Bits a, int high) {
  Bits less = a;
  int carried = 19;
  for (auto& byte : less) {
    carried += byte;
    byte = static_cast<unsigned char>(carried);
    carried >>= 8;
  }
  const int above = high * 2 + carried * 2 + (less[31] >> 7);  // In units of 2^255.
  if (above == 0) return a;
  less[31] &= 0x7f;
  return less;
}
Bits sum(const Bits& a, const Bits& b) {
  Bits result;
  int carried = 0;
  for (std::size_t i = 0; i < result.size(); ++i) {
    carried += a[i] + b[i];
    result[i] = static_cast<unsigned char>(carried);
    carried >>= 8;
  }
  return minus_p_if_possible(result, carried);
}
Bits product(const Bits& a, const Bits& b) {
  Bits result{};
  for (std::size_t bit = 255; bit-- > 0;) {
    result = sum(result, result);
    if ((b[bit / 8] >> (bit % 8) & 1) != 0) result = sum(result, a);
  }
  return result;
}

TEST_F(Ed25519Curve, FieldAgreesWithSchoolbookArithmetic) {
  for (int round = 0; round < 1000; ++round) {
    const Field a = random_factor(), b = random_factor();
    const Bits x = encode(a), y = encode(b);
    EXPECT_EQ(encode(a * b), product(x, y));
    EXPECT_EQ(encode(square(a)), product(x, x));
    const Field one = Field::from_small(1), c = a * one, d = b * one;
    EXPECT_EQ(encode(c + d), sum(x, y));
    EXPECT_EQ(sum(encode(c - d), y), x);
  }
}

TEST_F(Ed25519Curve, EveryNumberHasOneEncoding) {
  for (std::uint64_t small = 0; small < 40; ++small) {
    // p + small, as limbs that are not carried.
    Field a;
    a.limbs = {ed25519::kLimbMask - 18 + small, ed25519::kLimbMask, ed25519::kLimbMask, ed25519::kLimbMask,
               ed25519::kLimbMask};
    EXPECT_EQ(encode(a), encode(Field::from_small(small))) << small;
    EXPECT_EQ(ed25519::decode(encode(a)).limbs, Field::from_small(small).limbs);
  }
}

TEST_F(Ed25519Curve, AnInverseIsOne) {
  for (int round = 0; round < 200; ++round) {
    const Field a = random_factor();
    if (equal(a, Field{})) continue;
    EXPECT_TRUE(equal(a * inverse(a), Field::from_small(1)));
  }
  EXPECT_TRUE(equal(inverse(Field{}), Field{}));
}

TEST_F(Ed25519Curve, PointsDecodeToThemselvesOrNotAtAll) {
  int points = 0;
  for (int round = 0; round < 500; ++round) {
    auto bytes = random_scalar();
    bytes[31] = static_cast<unsigned char>(random_());
    if (const auto point = ed25519::decode_point(bytes)) {
      ++points;
      EXPECT_EQ(encode_point(*point), bytes);
      EXPECT_EQ(encode_point(negate(negate(*point))), bytes);
    }
  }
  EXPECT_GT(points, 150);
  EXPECT_LT(points, 350) << "half of all numbers are the y of a point";
}

TEST_F(Ed25519Curve, NoPointHasASecondSpelling) {
  int points = 0;
  for (unsigned char y = 0; y < 19; ++y) {
    ed25519::PointBytes plain{y}, with_p;
    with_p.fill(0xff);
    with_p[0] = static_cast<unsigned char>(0xed + y);  // p + y, which is below 2^255 too.
    with_p[31] = 0x7f;
    points += ed25519::decode_point(plain).has_value() ? 1 : 0;
    EXPECT_FALSE(ed25519::decode_point(with_p)) << static_cast<int>(y);
  }
  EXPECT_GT(points, 5);
  for (ed25519::PointBytes y : {encode(Field::from_small(1)), encode(Field{} - Field::from_small(1))}) {
    EXPECT_TRUE(ed25519::decode_point(y));
    y[31] |= 0x80;
    EXPECT_FALSE(ed25519::decode_point(y)) << "x is zero, and zero has no sign";
  }
}

TEST_F(Ed25519Curve, MultiplesAgreeWithLibsodium) {
  const ed25519::Multiples of_base(ed25519::base_point());
  std::vector<Scalar> scalars;
  for (std::size_t bit = 0; bit < 252; ++bit) {
    Scalar power{};
    power[bit / 8] = static_cast<unsigned char>(1 << (bit % 8));
    scalars.push_back(power);
  }
  for (const int byte : {0xff, 0x20, 0x82, 0xdf}) {
    Scalar scalar;
    scalar.fill(static_cast<unsigned char>(byte));
    scalar[31] = 0x0f;
    scalars.push_back(scalar);
  }
  for (int i = 0; i < 200; ++i) scalars.push_back(random_scalar());
  const auto any = encode_point(of_base.add_to({}, random_scalar()));
  const ed25519::Multiples of_any(ed25519::decode_point(any).value());
  for (const Scalar& scalar : scalars) {
    ed25519::PointBytes expected;
    ASSERT_EQ(crypto_scalarmult_ed25519_base_noclamp(expected.data(), scalar.data()), 0);
    EXPECT_EQ(encode_point(of_base.add_to({}, scalar)), expected);
    ASSERT_EQ(crypto_scalarmult_ed25519_noclamp(expected.data(), scalar.data(), any.data()), 0);
    EXPECT_EQ(encode_point(of_any.add_to({}, scalar)), expected);
  }
  EXPECT_EQ(encode_point(of_base.add_to({}, Scalar{})), encode_point(ed25519::Point{})) << "nothing is added";
}

TEST_F(Ed25519Curve, KnowsSmallOrders) {
  EXPECT_TRUE(has_small_order(ed25519::Point{}));
  EXPECT_FALSE(has_small_order(ed25519::base_point()));
}

}  // namespace
}  // namespace hookledger::testing
