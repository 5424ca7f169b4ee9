#include "schemas/hmac_sha1.h"

#include <gtest/gtest.h>

#include "schemas/text.h"

namespace hookledger {
namespace {

std::string code(std::string_view key, std::string_view text) {
  const HmacSha1 bytes = hmac_sha1(key, text);
  return encode_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

/// RFC 2202, section 3: cases 1 to 3, 6 and 7.
TEST(HmacSha1, GivesThePublishedCodes) {
  EXPECT_EQ(code(std::string(20, '\x0b'), "Hi There"), "b617318655057264e28bc0b6fb378c8ef146be00");
  EXPECT_EQ(code("Jefe", "what do ya want for nothing?"), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  EXPECT_EQ(code(std::string(20, '\xaa'), std::string(50, '\xdd')), "125d7342b9ac11cd91a39af48aa17b4f63f175d3");
  EXPECT_EQ(code(std::string(80, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First"),
            "aa4ae5e15272d00e95705637ce8a3b55ed402112");
  EXPECT_EQ(code(std::string(80, '\xaa'), "Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data"),
            "e8e99d0f45237d786d6bbaa7965c7808bbff1a91");
}

TEST(HmacSha1, TakesEmptyTexts) {
  EXPECT_EQ(code("", ""), "fbdb1d1b18aa6c08324b7d64b71fb76370690e1d");
  EXPECT_EQ(code({}, {}), "fbdb1d1b18aa6c08324b7d64b71fb76370690e1d");
}

}  // namespace
}  // namespace hookledger
