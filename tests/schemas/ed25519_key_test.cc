// Ed25519Key against libsodium: the same answer to every signature, however strange.

#include <algorithm>
#include <gtest/gtest.h>
#include <random>
#include <vector>

#include "schemas/ed25519/key.h"
#include "tests/support/libsodium.h"

namespace hookledger::testing {
namespace {

using Bytes32 = std::array<unsigned char, 32>;

constexpr Bytes32 kZero{}, kOne{1};
/// The order of the base point.
constexpr Bytes32 kOrder{0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
                         0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
                         0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};

/// y plus a small number, over all 256 bits.
Bytes32 plus(Bytes32 bytes, int small) {
  int carried = small;
  for (auto& byte : bytes) {
    carried += byte;
    byte = static_cast<unsigned char>(carried);
    carried >>= 8;
  }
  return bytes;
}

Bytes32 with_sign(Bytes32 bytes) {
  bytes[31] |= 0x80;
  return bytes;
}

/// Every y of a point whose order divides 8, canonical or not, and the numbers around p.
std::vector<Bytes32> strange_points() {
  const Bytes32 p = [] {
    Bytes32 bytes;
    bytes.fill(0xff);
    bytes[0] = 0xed;
    bytes[31] = 0x7f;
    return bytes;
  }();
  const Bytes32 order_8{0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
                        0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a};
  const Bytes32 minus_order_8{0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
                              0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
                              0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05};
  std::vector<Bytes32> points{order_8, minus_order_8};
  for (int i = 0; i < 20; ++i) points.push_back(plus(kZero, i));
  for (int i = -2; i < 19; ++i) points.push_back(plus(p, i));
  for (std::size_t i = 0, end = points.size(); i < end; ++i) points.push_back(with_sign(points[i]));
  return points;
}

Ed25519Signature signature_of(const Bytes32& r, const Bytes32& s) {
  Ed25519Signature signature;
  std::copy(s.begin(), s.end(), std::copy(r.begin(), r.end(), signature.begin()));
  return signature;
}

Bytes32 reduced(const std::array<unsigned char, 64>& hash) {
  Bytes32 scalar;
  crypto_core_ed25519_scalar_reduce(scalar.data(), hash.data());
  return scalar;
}

class Ed25519KeyTest : public ::testing::Test {
 protected:
  Ed25519KeyTest() { init_crypto(); }

  /// Both answer the same; tells what.
  static bool agreed(const Ed25519Key& key, const Ed25519Signature& signature, std::string_view message) {
    const bool expected = libsodium_verifies(key.bytes(), signature, message);
    EXPECT_EQ(key.verifies(signature, message), expected)
        << "R " << static_cast<int>(signature[0]) << ", key " << static_cast<int>(key.bytes()[0]);
    return expected;
  }
  static bool agreed(const Ed25519PublicKey& key, const Ed25519Signature& signature, std::string_view message) {
    return agreed(Ed25519Key(key), signature, message);
  }

  template <std::size_t N>
  std::array<unsigned char, N> random_bytes() {
    std::array<unsigned char, N> bytes;
    for (auto& byte : bytes) byte = static_cast<unsigned char>(random_());
    return bytes;
  }

  std::mt19937_64 random_{20260208};
};

TEST_F(Ed25519KeyTest, TakesWhatWasSigned) {
  for (int round = 0; round < 200; ++round) {
    const Ed25519KeyPair pair = ed25519_key_pair(random_bytes<32>());
    const Ed25519Key key(pair.public_key);
    for (std::size_t size : {0, 1, 31, 95, 96, 111, 820, 4096}) {
      std::string message(size, '\0');
      for (char& c : message) c = static_cast<char>(random_());
      ASSERT_TRUE(key.verifies(ed25519_sign(pair, message), message)) << size;
    }
  }
}

TEST_F(Ed25519KeyTest, AgreesOnWhatWasAltered) {
  for (int round = 0; round < 500; ++round) {
    const Ed25519KeyPair pair = ed25519_key_pair(random_bytes<32>());
    std::string message = "1770545730|{}";
    Ed25519Signature signature = ed25519_sign(pair, message);
    Ed25519PublicKey key = pair.public_key;
    const std::size_t bit = random_() % 8, of = random_() % 3;
    const auto flip = [&](auto& bytes) {
      auto& byte = bytes[random_() % bytes.size()];
      byte = static_cast<std::remove_reference_t<decltype(byte)>>(byte ^ (1 << bit));
    };
    if (of == 0) flip(signature);
    if (of == 1) flip(key);
    if (of == 2) flip(message);
    EXPECT_FALSE(agreed(key, signature, message));
  }
}

TEST_F(Ed25519KeyTest, AgreesOnRandomBytes) {
  for (int round = 0; round < 500; ++round) EXPECT_FALSE(agreed(random_bytes<32>(), random_bytes<64>(), "message"));
}

TEST_F(Ed25519KeyTest, AgreesOnPointsOfSmallOrderAndOtherSpellings) {
  const auto points = strange_points();
  for (const Bytes32& bytes : points) {
    const Ed25519Key key(bytes);
    for (const Bytes32& r : points) {
      for (const Bytes32& s : {kZero, kOne, kOrder}) {
        EXPECT_FALSE(agreed(key, signature_of(r, s), "message"));
      }
    }
  }
}

TEST_F(Ed25519KeyTest, RefusesKeysOfSmallOrderThoughTheEquationHolds) {
  // S = 8 k and R = S B: right for every message whose h is a multiple of the key's order.
  for (const Bytes32& point : strange_points()) {
    const Ed25519Key key(point);
    for (unsigned char k = 1; k < 20; ++k) {
      const Bytes32 s{static_cast<unsigned char>(8 * k)};
      Bytes32 r;
      ASSERT_EQ(crypto_scalarmult_ed25519_base_noclamp(r.data(), s.data()), 0);
      EXPECT_FALSE(agreed(key, signature_of(r, s), "message"));
    }
  }
}

TEST_F(Ed25519KeyTest, RefusesANeutralCommitmentThoughTheEquationHolds) {
  // S = h a makes S B - h A the neutral point, whose encoding R has small order.
  const auto seed = random_bytes<32>();
  std::array<unsigned char, 64> secret;
  crypto_hash_sha512(secret.data(), seed.data(), seed.size());
  secret[0] &= 248;
  secret[31] = static_cast<unsigned char>((secret[31] & 63) | 64);
  Bytes32 a, s;
  std::copy(secret.begin(), secret.begin() + 32, a.begin());
  const Ed25519PublicKey key = ed25519_key_pair(seed).public_key;
  const std::string message = "message";
  std::string hashed(kOne.begin(), kOne.end());
  hashed.append(key.begin(), key.end()).append(message);
  std::array<unsigned char, 64> hash;
  crypto_hash_sha512(hash.data(), reinterpret_cast<const unsigned char*>(hashed.data()), hashed.size());
  crypto_core_ed25519_scalar_mul(s.data(), reduced(hash).data(), a.data());
  EXPECT_FALSE(agreed(key, signature_of(kOne, s), message));
}

TEST_F(Ed25519KeyTest, AgreesOnScalarsThatAreNotReduced) {
  const Ed25519KeyPair pair = ed25519_key_pair(random_bytes<32>());
  const std::string message = "message";
  Ed25519Signature signature = ed25519_sign(pair, message);
  Bytes32 r, s;
  std::copy(signature.begin(), signature.begin() + 32, r.begin());
  std::copy(signature.begin() + 32, signature.end(), s.begin());
  for (int times = 0; times < 16; ++times) {
    EXPECT_EQ(agreed(pair.public_key, signature_of(r, s), message), times == 0);
    int carried = 0;
    for (std::size_t i = 0; i < s.size(); ++i) {
      carried += s[i] + kOrder[i];
      s[i] = static_cast<unsigned char>(carried);
      carried >>= 8;
    }
    if (carried != 0) break;  // Past 2^256.
  }
  for (int i = -3; i < 4; ++i) agreed(pair.public_key, signature_of(r, plus(kOrder, i)), message);
}

TEST_F(Ed25519KeyTest, AgreesOnKeysWithAPartOfSmallOrder) {
  // A' = A + T with 8 T = 0: the equation holds without cofactor only where h T = 0.
  const Ed25519KeyPair pair = ed25519_key_pair(random_bytes<32>());
  Bytes32 mixed;
  ASSERT_EQ(crypto_core_ed25519_add(mixed.data(), pair.public_key.data(), strange_points().front().data()), 0);
  Ed25519KeyPair forged = pair;
  forged.public_key = mixed;
  std::copy(mixed.begin(), mixed.end(), forged.secret_key.begin() + 32);  // What signing hashes as the key.
  int accepted = 0;
  for (int i = 0; i < 200; ++i) {
    const std::string message = std::to_string(i);
    if (agreed(mixed, ed25519_sign(forged, message), message)) ++accepted;
  }
  EXPECT_GT(accepted, 0);
  EXPECT_LT(accepted, 100);
}

}  // namespace
}  // namespace hookledger::testing
