#include "schemas/standard_webhooks.h"

#include <gmock/gmock.h>
#include <thread>

#include "schemas/crypto.h"
#include "schemas/text.h"

namespace hookledger {
namespace {

using ::testing::Optional;
using namespace std::chrono_literals;

/// RFC 4231, test cases 1, 2 and 6.
TEST(HmacSha256, GivesWhatTheStandardSays) {
  const auto mac = [](std::string_view key, std::string_view text) {
    const auto bytes = hmac_sha256(key, text);
    return encode_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  };
  EXPECT_EQ(mac(std::string(20, '\x0b'), "Hi There"),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(mac("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(mac(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(HmacSha256, DoesNotDependOnTheKeyOfTheCallBefore) {
  const auto of_own_thread = [](std::string_view key) {
    std::array<unsigned char, 32> mac;
    std::thread([&] { mac = hmac_sha256(key, "text"); }).join();
    return mac;
  };
  for (const std::string_view key : {"", "a", "", "aa", "b"}) {
    EXPECT_EQ(hmac_sha256(key, "text"), of_own_thread(key)) << key;
    EXPECT_EQ(hmac_sha256(key, "text"), of_own_thread(key)) << key;
  }
}

/// Computed by Python's hmac: base64(HMAC-SHA256(b"0123456789abcdef" * 2, b"msg_1.1674087231.{}")).
TEST(StandardWebhooks, SignsIdTimestampAndBody) {
  const auto key = parse_webhook_secret("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=");
  ASSERT_THAT(key, Optional(std::string("0123456789abcdef0123456789abcdef")));
  const auto headers = sign_webhook(*key, "msg_1", Time(1674087231s + 999ms), "{}");
  EXPECT_EQ(headers.id, "msg_1");
  EXPECT_EQ(headers.timestamp, "1674087231");
  EXPECT_EQ(headers.signature, "v1,QVUzjKB4pOezPnzrrWMeeSO4BSDibmXa1eg9UOoncAo=");
}

TEST(StandardWebhooks, TakesSecretsOf24To64BytesAlone) {
  for (const std::size_t size : {24U, 32U, 64U}) {
    const std::string key(size, 'k');
    EXPECT_THAT(parse_webhook_secret("whsec_" + encode_base64(key)), Optional(key));
  }
  for (const std::size_t size : {0U, 23U, 65U}) {
    EXPECT_FALSE(parse_webhook_secret("whsec_" + encode_base64(std::string(size, 'k')))) << size;
  }
  const std::string base64 = encode_base64(std::string(32, 'k'));
  EXPECT_TRUE(parse_webhook_secret(base64)) << "the prefix may be left out";
  for (const std::string& text :
       {"whpk_" + base64, "whsec_" + base64 + "\n", "whsec_" + base64.substr(1), std::string()}) {
    EXPECT_FALSE(parse_webhook_secret(text)) << text;
  }
}

}  // namespace
}  // namespace hookledger
