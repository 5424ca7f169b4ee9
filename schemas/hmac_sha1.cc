#include "schemas/hmac_sha1.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "schemas/error.h"

namespace hookledger {

HmacSha1 hmac_sha1(std::string_view key, std::string_view text) {
  HmacSha1 code;
  unsigned size = 0;
  // To OpenSSL a null key is the one of the call before.
  const bool done =
      HMAC(EVP_sha1(), key.empty() ? "" : key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), code.data(), &size) != nullptr;
  require(done && size == code.size(), "OpenSSL cannot compute HMAC-SHA1");
  return code;
}

}  // namespace hookledger
