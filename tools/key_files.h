#pragma once

#include <string>

#include "schemas/crypto.h"
#include "schemas/error.h"

namespace hookledger {

/// Writes PREFIX.key (base64 of the 32-byte seed, mode 0600) and PREFIX.pub (base64 of the 32-byte public key).
/// Refuses to overwrite, and writes both or neither. Errors: kUnavailable.
Result<void> write_key_files(const std::string& prefix, const Ed25519Seed& seed);

/// Reads a PREFIX.key. Errors: kUsage.
Result<Ed25519KeyPair> read_signing_key(const std::string& path);

std::string public_key_base64(const Ed25519KeyPair& pair);

}  // namespace hookledger
