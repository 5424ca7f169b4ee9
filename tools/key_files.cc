#include "tools/key_files.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <unistd.h>

#include "schemas/text.h"

namespace hookledger {
namespace {

std::string bytes_of(const auto& array) { return {reinterpret_cast<const char*>(array.data()), array.size()}; }

/// Leaves no file behind when it fails.
Result<void> write_new_file(const std::string& path, const std::string& text, mode_t mode) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (file < 0) return Error{ErrorCode::kUnavailable, path + " cannot be created: " + std::strerror(errno)};
  const bool written = write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const bool closed = close(file) == 0;
  if (written && closed) return {};
  const int error = errno;
  unlink(path.c_str());
  return Error{ErrorCode::kUnavailable, path + " cannot be written: " + std::strerror(error)};
}

}  // namespace

std::string public_key_base64(const Ed25519KeyPair& pair) { return encode_base64(bytes_of(pair.public_key)); }

Result<void> write_key_files(const std::string& prefix, const Ed25519Seed& seed) {
  if (auto written = write_new_file(prefix + ".key", encode_base64(bytes_of(seed)) + "\n", 0600); !written)
    return written;
  auto written = write_new_file(prefix + ".pub", public_key_base64(ed25519_key_pair(seed)) + "\n", 0644);
  if (!written) unlink((prefix + ".key").c_str());
  return written;
}

Result<Ed25519KeyPair> read_signing_key(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file)
    return Error{ErrorCode::kUsage,
                 "signing key " + path + " cannot be read: make one with hookledger keygen --out PREFIX"};
  std::string base64 = text.str();
  base64.erase(base64.find_last_not_of(" \t\r\n") + 1);
  const auto bytes = decode_base64(base64);
  Ed25519Seed seed;
  if (!bytes || bytes->size() != seed.size()) {
    return Error{ErrorCode::kUsage,
                 "signing key " + path + " is not the base64 of a 32-byte seed: use the PREFIX.key that keygen wrote"};
  }
  std::copy(bytes->begin(), bytes->end(), seed.begin());
  return ed25519_key_pair(seed);
}

}  // namespace hookledger
