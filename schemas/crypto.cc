#include "schemas/crypto.h"

#include <algorithm>
#include <new>
#include <sodium.h>

#include "schemas/codec.h"
#include "schemas/error.h"
#include "schemas/text.h"

namespace hookledger {
namespace {

constexpr std::size_t kDigestPendingBytes = 16 * 1024;
constexpr std::size_t kSignatureTextBytes = 88;  // Base64 of 64 bytes.

const unsigned char* data(std::string_view bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }

template <std::size_t N>
std::string_view view(const std::array<unsigned char, N>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), N};
}

static_assert(std::tuple_size_v<Ed25519PublicKey> == crypto_sign_ed25519_PUBLICKEYBYTES);
static_assert(std::tuple_size_v<Ed25519Seed> == crypto_sign_ed25519_SEEDBYTES);
static_assert(std::tuple_size_v<Ed25519Signature> == crypto_sign_ed25519_BYTES);
static_assert(std::tuple_size_v<decltype(Ed25519KeyPair::secret_key)> == crypto_sign_ed25519_SECRETKEYBYTES);

}  // namespace

void init_crypto() { require(sodium_init() >= 0, "libsodium cannot start"); }

Ed25519Signature ed25519_sign(const Ed25519KeyPair& key, std::string_view message) {
  Ed25519Signature signature;
  crypto_sign_ed25519_detached(signature.data(), nullptr, data(message), message.size(), key.secret_key.data());
  return signature;
}

Ed25519KeyPair ed25519_key_pair(const Ed25519Seed& seed) {
  Ed25519KeyPair pair;
  crypto_sign_ed25519_seed_keypair(pair.public_key.data(), pair.secret_key.data(), seed.data());
  return pair;
}

bool equal_in_constant_time(const std::array<unsigned char, 32>& a, const std::array<unsigned char, 32>& b) {
  return crypto_verify_32(a.data(), b.data()) == 0;
}

std::array<unsigned char, 32> blake2b_256(std::string_view bytes) {
  std::array<unsigned char, 32> hash;
  crypto_generichash(hash.data(), hash.size(), data(bytes), bytes.size(), nullptr, 0);
  return hash;
}

std::string blake2b_256_hex(std::string_view bytes) { return encode_hex(view(blake2b_256(bytes))); }

std::string sha256_hex(std::string_view bytes) {
  std::array<unsigned char, crypto_hash_sha256_BYTES> hash;
  crypto_hash_sha256(hash.data(), data(bytes), bytes.size());
  return encode_hex(view(hash));
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

Digest::Digest() {
  static_assert(sizeof(crypto_generichash_state) <= sizeof(state_));
  static_assert(alignof(crypto_generichash_state) <= alignof(Digest));
  crypto_generichash_init(::new (state_.data()) crypto_generichash_state, nullptr, 0, 32);
}

void Digest::add(std::string_view bytes) {
  Encoder encoder(pending_);
  encoder.fixed(std::uint64_t{bytes.size()});
  pending_.append(bytes);
  if (pending_.size() >= kDigestPendingBytes) take_pending();
}

void Digest::take_pending() {
  auto* state = reinterpret_cast<crypto_generichash_state*>(state_.data());
  crypto_generichash_update(state, data(std::string_view(pending_)), pending_.size());
  pending_.clear();
}

std::string Digest::hex() {
  take_pending();
  std::array<unsigned char, 32> hash;
  crypto_generichash_final(reinterpret_cast<crypto_generichash_state*>(state_.data()), hash.data(), hash.size());
  return encode_hex(view(hash));
}

std::string key_id(const Ed25519PublicKey& key) {
  return "ed25519:" + encode_hex(view(blake2b_256(view(key))).substr(0, 8));
}

std::string secret_id(std::string_view algorithm, std::string_view secret) {
  return std::string(algorithm).append(":").append(encode_hex(view(blake2b_256(secret)).substr(0, 8)));
}

std::optional<Ed25519Signature> parse_signature(std::string_view base64) {
  if (base64.size() != kSignatureTextBytes) return std::nullopt;
  const auto bytes = decode_base64(base64);
  Ed25519Signature signature;
  if (!bytes || bytes->size() != signature.size()) return std::nullopt;
  std::copy(bytes->begin(), bytes->end(), signature.begin());
  return signature;
}

std::optional<Ed25519PublicKey> parse_public_key(std::string_view base64) {
  const auto bytes = decode_base64(base64);
  Ed25519PublicKey key;
  if (!bytes || bytes->size() != key.size()) return std::nullopt;
  std::copy(bytes->begin(), bytes->end(), key.begin());
  if (crypto_core_ed25519_is_valid_point(key.data()) != 1) return std::nullopt;
  return key;
}

}  // namespace hookledger
