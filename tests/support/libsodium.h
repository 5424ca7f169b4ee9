#pragma once

#include <sodium.h>

#include "schemas/crypto.h"

namespace hookledger::testing {

/// What `Ed25519Key::verifies` must agree with, and what its speed is held against.
inline bool libsodium_verifies(const Ed25519PublicKey& key, const Ed25519Signature& signature,
                               std::string_view message) {
  return crypto_sign_verify_detached(signature.data(), reinterpret_cast<const unsigned char*>(message.data()),
                                     message.size(), key.data()) == 0;
}

}  // namespace hookledger::testing
