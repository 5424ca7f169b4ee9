#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <optional>
#include <string>

#include "schemas/crypto.h"
#include "schemas/error.h"

namespace hookledger {
namespace {

/// What a thread keeps: to find the algorithm again takes OpenSSL longer than a message of some hundred bytes.
class HmacSha256 {
 public:
  HmacSha256() : algorithm_(EVP_MAC_fetch(nullptr, "HMAC", nullptr)), context_(EVP_MAC_CTX_new(algorithm_)) {
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                     OSSL_PARAM_construct_end()};
    require(EVP_MAC_CTX_set_params(context_, parameters) == 1, "OpenSSL has no HMAC-SHA256");
  }
  ~HmacSha256() {
    EVP_MAC_CTX_free(context_);
    EVP_MAC_free(algorithm_);
  }
  HmacSha256(const HmacSha256&) = delete;
  HmacSha256& operator=(const HmacSha256&) = delete;

  std::array<unsigned char, 32> code(std::string_view key, std::string_view message) {
    const auto bytes = [](std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); };
    std::array<unsigned char, 32> code;
    std::size_t size = 0;
    // To OpenSSL a null key is the one of the call before, and what it made of that is there still.
    const bool same = key_ && equal_in_constant_time(*key_, key);
    const bool done =
        EVP_MAC_init(context_, same ? nullptr : bytes(key.empty() ? "" : key), key.size(), nullptr) == 1 &&
        EVP_MAC_update(context_, bytes(message), message.size()) == 1 &&
        EVP_MAC_final(context_, code.data(), &size, code.size()) == 1;
    require(done && size == code.size(), "OpenSSL cannot compute HMAC-SHA256");
    if (!same) key_ = key;
    return code;
  }

 private:
  EVP_MAC* algorithm_;
  EVP_MAC_CTX* context_;
  std::optional<std::string> key_;  ///< Of the call before.
};

}  // namespace

std::array<unsigned char, 32> hmac_sha256(std::string_view key, std::string_view message) {
  thread_local HmacSha256 hmac;
  return hmac.code(key, message);
}

}  // namespace hookledger
