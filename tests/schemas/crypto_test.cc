#include "schemas/crypto.h"

#include <algorithm>
#include <gtest/gtest.h>

#include "schemas/ed25519/key.h"
#include "schemas/text.h"

namespace hookledger {
namespace {

std::string from_hex(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

template <class Array>
Array array_from_hex(std::string_view text) {
  const std::string bytes = from_hex(text);
  Array array{};
  EXPECT_EQ(bytes.size(), array.size());
  std::copy(bytes.begin(), bytes.end(), array.begin());
  return array;
}

struct Vector {
  const char *name, *seed, *public_key, *message, *signature;
};

/// RFC 8032, section 7.1.
const Vector kVectors[] = {
    {"TEST 1", "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
     "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
    {"TEST 2", "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
     "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"TEST 3", "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
     "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
    {"TEST SHA(abc)", "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
     "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
     "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
     "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"},
};

TEST(Ed25519, AgreesWithRfc8032) {
  for (const Vector& vector : kVectors) {
    SCOPED_TRACE(vector.name);
    const Ed25519KeyPair pair = ed25519_key_pair(array_from_hex<Ed25519Seed>(vector.seed));
    const auto signature = array_from_hex<Ed25519Signature>(vector.signature);
    const std::string message = from_hex(vector.message);
    EXPECT_EQ(pair.public_key, array_from_hex<Ed25519PublicKey>(vector.public_key));
    EXPECT_EQ(ed25519_sign(pair, message), signature);
    EXPECT_TRUE(Ed25519Key(pair.public_key).verifies(signature, message));
  }
}

TEST(Ed25519, RefusesAnyFlippedBit) {
  const Ed25519KeyPair pair = ed25519_key_pair(array_from_hex<Ed25519Seed>(kVectors[2].seed));
  const std::string message = "1770545730|{\"data\":{}}";
  const Ed25519Signature signature = ed25519_sign(pair, message);
  const Ed25519Key key(pair.public_key);
  ASSERT_TRUE(key.verifies(signature, message));

  const auto flip = [](auto bytes, std::size_t bit) {
    using Byte = std::remove_reference_t<decltype(bytes[0])>;
    bytes[bit / 8] = static_cast<Byte>(bytes[bit / 8] ^ (1 << bit % 8));
    return bytes;
  };
  for (std::size_t bit = 0; bit < signature.size() * 8; ++bit) {
    EXPECT_FALSE(key.verifies(flip(signature, bit), message)) << bit;
  }
  for (std::size_t bit = 0; bit < message.size() * 8; ++bit) {
    EXPECT_FALSE(key.verifies(signature, flip(message, bit))) << bit;
  }
  for (std::size_t bit = 0; bit < pair.public_key.size() * 8; ++bit) {
    EXPECT_FALSE(Ed25519Key(flip(pair.public_key, bit)).verifies(signature, message)) << bit;
  }
  EXPECT_FALSE(key.verifies(signature, message + "x"));
  EXPECT_FALSE(key.verifies(signature, ""));
}

TEST(Blake2b, HasThirtyTwoBytesOfOutput) {
  EXPECT_EQ(blake2b_256_hex(""), "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
  EXPECT_EQ(blake2b_256_hex("abc"), "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
}

TEST(Digest, IsTheHashOfLengthsAndStrings) {
  Digest digest;
  std::string all;
  for (const std::size_t size : {0U, 1U, 100U, 16'383U, 16'384U, 16'385U, 100'000U, 7U}) {
    const std::string text(size, static_cast<char>(size));
    digest.add(text);
    for (std::size_t i = 0; i < 8; ++i) all.push_back(static_cast<char>(size >> (8 * i)));
    all += text;
  }
  EXPECT_EQ(digest.hex(), blake2b_256_hex(all));
}

TEST(Digest, FramesEachString) {
  const auto digest_of = [](std::initializer_list<std::string_view> parts) {
    Digest digest;
    for (const std::string_view part : parts) digest.add(part);
    return digest.hex();
  };
  EXPECT_EQ(digest_of({"ab", "c"}), "20263e794775e4edf2b306c0f306af9e50175c831c857604b481e847f790bf95");
  EXPECT_NE(digest_of({"ab", "c"}), digest_of({"a", "bc"}));
  EXPECT_NE(digest_of({"abc"}), digest_of({"abc", ""}));
  EXPECT_EQ(digest_of({}), blake2b_256_hex(""));
}

TEST(KeyId, NamesTheKey) {
  EXPECT_EQ(key_id(array_from_hex<Ed25519PublicKey>(kVectors[0].public_key)), "ed25519:7849ac3049680be1");
}

TEST(ParsePublicKey, TakesCanonicalBase64OfAKey) {
  const std::string key = from_hex(kVectors[0].public_key);
  const std::string text = encode_base64(key);
  EXPECT_EQ(parse_public_key(text), array_from_hex<Ed25519PublicKey>(kVectors[0].public_key));

  std::string trailing_bits = text;
  trailing_bits[42] = static_cast<char>(trailing_bits[42] + 1);
  ASSERT_TRUE(decode_base64(trailing_bits, false));
  for (const std::string& bad : {std::string(), text + "\n", text.substr(0, 43), encode_base64(key.substr(1)),
                                 encode_base64(key + "x"), trailing_bits, std::string(kVectors[0].public_key)}) {
    EXPECT_FALSE(parse_public_key(bad)) << bad;
  }
}

TEST(ParsePublicKey, RefusesPointsThatVerifyForgeries) {
  for (const char* point : {
           "0000000000000000000000000000000000000000000000000000000000000000",  // order 4
           "0000000000000000000000000000000000000000000000000000000000000080",
           "0100000000000000000000000000000000000000000000000000000000000000",  // neutral
           "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",  // order 2
           "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",  // order 8
           "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
           "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",  // not canonical
           "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
           "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
           "0200000000000000000000000000000000000000000000000000000000000000",  // not on the curve
       }) {
    EXPECT_FALSE(parse_public_key(encode_base64(from_hex(point)))) << point;
  }
}

/// FIPS 180-2, appendix B.
TEST(Crypto, HashesAsSha256) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Crypto, ComparesWholeTexts) {
  EXPECT_TRUE(equal_in_constant_time("", ""));
  EXPECT_TRUE(equal_in_constant_time("ab", "ab"));
  EXPECT_FALSE(equal_in_constant_time("ab", "ac"));
  EXPECT_FALSE(equal_in_constant_time("ab", "bb"));
  EXPECT_FALSE(equal_in_constant_time("ab", "a"));
  EXPECT_FALSE(equal_in_constant_time("", "a"));
}

}  // namespace
}  // namespace hookledger
