#pragma once

#include <memory>
#include <string_view>

#include "schemas/crypto.h"

namespace hookledger {

/// A public key made ready to verify many signatures: a third of the time of a function that must work out the key's
/// multiples anew each time. It answers exactly as libsodium's `crypto_sign_verify_detached`: RFC 8032 without
/// cofactor; a scalar that is not reduced, and a key or a signature's point that is not canonical or of small order,
/// verify nothing. Copies share what was made ready. Threads: any.
class Ed25519Key {
 public:
  explicit Ed25519Key(const Ed25519PublicKey& bytes);

  const Ed25519PublicKey& bytes() const { return bytes_; }
  bool verifies(const Ed25519Signature& signature, std::string_view message) const;

 private:
  struct Tables;

  Ed25519PublicKey bytes_;
  std::shared_ptr<const Tables> tables_;  ///< Of a key that verifies nothing, none.
};

}  // namespace hookledger
