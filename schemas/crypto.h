#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hookledger {

using Ed25519PublicKey = std::array<unsigned char, 32>;
using Ed25519Seed = std::array<unsigned char, 32>;
using Ed25519Signature = std::array<unsigned char, 64>;

struct Ed25519KeyPair {
  Ed25519PublicKey public_key;
  std::array<unsigned char, 64> secret_key;
};

/// Must be called once, before anything else here, by `main` (tests: by the fixture). Aborts when the
/// library cannot start.
void init_crypto();

/// RFC 8032 PureEdDSA; `schemas/ed25519/key.h` verifies.
Ed25519Signature ed25519_sign(const Ed25519KeyPair& key, std::string_view message);
Ed25519KeyPair ed25519_key_pair(const Ed25519Seed& seed);

/// RFC 2104 with SHA-256. A key of any length.
std::array<unsigned char, 32> hmac_sha256(std::string_view key, std::string_view message);
/// In a time that tells nothing of where they differ.
bool equal_in_constant_time(const std::array<unsigned char, 32>& a, const std::array<unsigned char, 32>& b);

/// BLAKE2b with 32 bytes of output, as bytes.
std::array<unsigned char, 32> blake2b_256(std::string_view bytes);
/// The same as 64 hex digits.
std::string blake2b_256_hex(std::string_view bytes);

/// SHA-256 as 64 lower-case hex digits.
std::string sha256_hex(std::string_view bytes);

/// Takes as long wherever two texts of one size differ: for codes made with a secret.
bool equal_in_constant_time(std::string_view a, std::string_view b);

/// Running BLAKE2b-256 over a sequence of byte strings, each framed by its length.
class Digest {
 public:
  Digest();
  void add(std::string_view bytes);
  std::string hex();  ///< Ends the digest.

 private:
  void take_pending();

  alignas(64) std::array<unsigned char, 384> state_;
  std::string pending_;  ///< Many short strings cost less as one.
};

/// `ed25519:` and the first 16 hex digits of BLAKE2b-256 of the key.
std::string key_id(const Ed25519PublicKey& key);

/// `ALGORITHM:` and the first 16 hex digits of BLAKE2b-256 of the secret. Secrets have at least 128 random bits, so
/// that nobody finds one from its id.
std::string secret_id(std::string_view algorithm, std::string_view secret);

/// Base64 of exactly 64 bytes.
std::optional<Ed25519Signature> parse_signature(std::string_view base64);

/// Base64 of exactly 32 bytes that are a usable public key.
std::optional<Ed25519PublicKey> parse_public_key(std::string_view base64);

}  // namespace hookledger
