#include "schemas/ed25519/key.h"

#include <algorithm>
#include <sodium.h>

#include "schemas/ed25519/curve.h"

namespace hookledger {
namespace {

using ed25519::Multiples;
using ed25519::Scalar;

/// The group's order 2^252 + 27742317777372353535851937790883648493, little-endian (RFC 8032, section 5.1).
constexpr Scalar kOrder{0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
                        0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};

bool is_reduced(const Scalar& scalar) {
  return std::lexicographical_compare(scalar.rbegin(), scalar.rend(), kOrder.rbegin(), kOrder.rend());
}

Scalar hash_to_scalar(const unsigned char* point, const Ed25519PublicKey& key, std::string_view message) {
  crypto_hash_sha512_state state;
  crypto_hash_sha512_init(&state);
  crypto_hash_sha512_update(&state, point, 32);
  crypto_hash_sha512_update(&state, key.data(), key.size());
  crypto_hash_sha512_update(&state, reinterpret_cast<const unsigned char*>(message.data()), message.size());
  std::array<unsigned char, 64> hash;
  crypto_hash_sha512_final(&state, hash.data());
  Scalar scalar;
  crypto_core_ed25519_scalar_reduce(scalar.data(), hash.data());
  return scalar;
}

}  // namespace

struct Ed25519Key::Tables {
  std::shared_ptr<const Multiples> base;  ///< Of B.
  Multiples minus_key;
};

Ed25519Key::Ed25519Key(const Ed25519PublicKey& bytes) : bytes_(bytes) {
  static const auto base = std::make_shared<const Multiples>(ed25519::base_point());
  const auto point = ed25519::decode_point(bytes);
  if (!point || has_small_order(*point)) return;
  tables_ = std::make_shared<const Tables>(Tables{base, Multiples(negate(*point))});
}

bool Ed25519Key::verifies(const Ed25519Signature& signature, std::string_view message) const {
  if (!tables_) return false;
  Scalar s;
  std::copy(signature.begin() + 32, signature.end(), s.begin());
  if (!is_reduced(s)) return false;
  const Scalar h = hash_to_scalar(signature.data(), bytes_, message);
  const ed25519::Point r = tables_->minus_key.add_to(tables_->base->add_to({}, s), h);  // sB - hA
  const ed25519::PointBytes expected = encode_point(r);
  return std::equal(expected.begin(), expected.end(), signature.begin()) && !has_small_order(r);
}

}  // namespace hookledger
