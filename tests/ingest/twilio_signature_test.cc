// Signatures published with twilio-python (tests/unit/test_request_validator.py, commit 306691e7) and twilio-node
// (spec/validation.spec.js, commit 45d3d65a), computed again with Python's hmac; and every way to alter what is signed.
#include "ingest/verify/twilio_signature.h"

#include <gmock/gmock.h>

#include "schemas/text.h"

namespace hookledger {
namespace {

using ::testing::ElementsAre;

const std::string kToken = "12345";
const std::string kUrl = "https://mycompany.com/myapp.php?foo=1&bar=2";
const std::string kForm =
    "CallSid=CA1234567890ABCDE&Digits=1234&From=%2B14158675309&To=%2B18005551212&Caller=%2B14158675309";
const std::string kSignature = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";
const std::string kJson = R"({"property": "value", "boolean": true})";
const std::string kJsonUrl = kUrl + "&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620";

bool fits(const std::string& url, const std::string& body, const std::string& signature,
          const std::string& token = kToken) {
  const auto bytes = decode_base64(signature);
  const auto parameters = twilio_signed_parameters(url, body);
  return bytes && parameters && twilio_signature_fits(*bytes, token, twilio_signed_urls(url), *parameters);
}

std::string with(const std::string& text, const std::string& part, const std::string& other) {
  const std::size_t at = text.find(part);
  return text.substr(0, at) + other + text.substr(at + part.size());
}

TEST(TwilioSignature, FitsThePublishedForms) {
  EXPECT_TRUE(fits(kUrl, kForm, kSignature));
  EXPECT_TRUE(fits(kUrl, "Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234", "IK+Dwps556ElfBT0I3Rgjkr1wJU="));
  EXPECT_TRUE(
      fits(kUrl, "Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234", "IK+Dwps556ElfBT0I3Rgjkr1wJU="));
  const std::string binding = "MessagingBinding.Address=%2B";
  EXPECT_TRUE(fits(kUrl, binding + "1325xxxxxxx&" + binding + "1415xxxxxxx", "83O6e2vORAoJHUNzJjDWN1jz+BA="));
  EXPECT_TRUE(fits(kUrl, binding + "1415xxxxxxx&" + binding + "1325xxxxxxx", "83O6e2vORAoJHUNzJjDWN1jz+BA="));
}

TEST(TwilioSignature, FitsWithAndWithoutThePort) {
  const std::string http = with(kUrl, "https", "http");
  EXPECT_TRUE(fits(with(kUrl, ".com", ".com:1234"), kForm, kSignature));
  EXPECT_TRUE(fits(with(http, ".com", ".com:1234"), kForm, "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="));
  EXPECT_TRUE(fits(kUrl, kForm, "kvajT1Ptam85bY51eRf/AJRuM3w="));
  EXPECT_TRUE(fits(http, kForm, "0ZXoZLH/DfblKGATFgpif+LLRf4="));
  EXPECT_FALSE(fits(kUrl, kForm, "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="));
}

TEST(TwilioSignature, CoversUserInformation) {
  EXPECT_TRUE(fits(with(kUrl, "//", "//user:pass@"), kForm, "CukzLTc1tT5dXEDIHm/tKBanW10="));
  EXPECT_TRUE(fits(with(kUrl, "//", "//user@"), kForm, "2YRLlVAflCqxaNicjMpJcSTgzSs="));
  EXPECT_TRUE(fits(with(kUrl, "//", "//user:pass@"), kForm, "ZQFR1PTIZXF2MXB8ZnKCvnnA+rI="));
  EXPECT_FALSE(fits(kUrl, kForm, "CukzLTc1tT5dXEDIHm/tKBanW10="));
}

TEST(TwilioSignature, FitsQuotesInTheQueryEitherWay) {
  EXPECT_TRUE(fits(kUrl + "&Body=It's+amazing", kForm, "dsq4Ehbj6cs+KdTkpF5sSSplOWw="));
  EXPECT_TRUE(fits(kUrl + "&Body=It's+amazing", kForm, "TfZzewPq8wqrGlMfyAud8+/IvJ0="));  // Of the URL with %27.
  EXPECT_TRUE(fits(kUrl + "&Body=It%27s+amazing", kForm, "TfZzewPq8wqrGlMfyAud8+/IvJ0="));
}

TEST(TwilioSignature, FitsABodyByItsHashInTheUrl) {
  EXPECT_TRUE(fits(kJsonUrl, kJson, "a9nBmqA0ju/hNViExpshrM61xv4="));
  EXPECT_TRUE(fits(
      "https://mycompany.com/myapp.php?bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620",
      kJson, "y77kIzt2vzLz71DgmJGsen2scGs="));
  EXPECT_TRUE(fits(kUrl + "&bodySHA256=44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a", "{}",
                   "Ldidvp12m26NI7eqEvxnEpkd9Hc="));
  EXPECT_FALSE(fits(kJsonUrl, kJson + " ", "a9nBmqA0ju/hNViExpshrM61xv4="));
  EXPECT_FALSE(fits(kJsonUrl, "", "a9nBmqA0ju/hNViExpshrM61xv4="));
  EXPECT_FALSE(fits(kUrl, kJson, "a9nBmqA0ju/hNViExpshrM61xv4="));
}

TEST(TwilioSignature, AHashInTheUrlIsCheckedWhateverTheBody) {
  EXPECT_EQ(twilio_signed_parameters(kJsonUrl, kForm), std::nullopt);
  EXPECT_EQ(twilio_signed_parameters("https://x/?bodySHA256=", ""), std::nullopt);
  EXPECT_EQ(twilio_signed_parameters("https://x/?bodySHA256=0&" + kJsonUrl.substr(kJsonUrl.find("body")), kJson),
            std::nullopt);
  EXPECT_EQ(twilio_signed_parameters("https://x/bodySHA256=1?xbodySHA256=1&bodySHA256", "a=b"), "ab");
}

TEST(TwilioSignature, CoversEveryByteOfUrlAndValues) {
  for (std::size_t at = 0; at < kUrl.size(); ++at) {
    std::string altered = kUrl;
    altered[at] ^= 1;
    EXPECT_FALSE(fits(altered, kForm, kSignature)) << altered;
  }
  for (const auto& [part, other] : std::vector<std::pair<std::string, std::string>>{
           {"Digits=1234", "Digits=1235"}, {"&Digits=1234", ""}, {"To=%2B", "To=+"}, {"Caller", "Callee"}}) {
    EXPECT_FALSE(fits(kUrl, with(kForm, part, other), kSignature)) << other;
  }
  EXPECT_FALSE(fits(kUrl, kForm + "&CallStatus=completed", kSignature));
  EXPECT_FALSE(fits(kUrl, kForm + "&Digits=1", kSignature));
  EXPECT_FALSE(fits(kUrl, "", kSignature));
  EXPECT_FALSE(fits(kUrl, kForm, kSignature, "12346"));
  EXPECT_FALSE(fits(kUrl, kForm, kSignature, ""));
}

TEST(TwilioSignature, AMalformedFormIsCoveredByNoSignature) {
  EXPECT_EQ(twilio_signed_parameters(kUrl, "a=%"), std::nullopt);
  EXPECT_EQ(twilio_signed_parameters(kUrl, ""), "");
}

TEST(TwilioSignature, ParametersAreSortedAndNoValueOfANameIsTwice) {
  EXPECT_EQ(twilio_signed_parameters(kUrl, "b=2&a=2&b=1&a=2&B=3&ab=&a="), "B3aa2abb1b2");
  EXPECT_EQ(twilio_signed_parameters(kUrl, "\xC3\xB6=1&z=1"),
            "z1\xC3\xB6"
            "1");
}

TEST(TwilioSignedUrls, HaveEverySpellingOnce) {
  EXPECT_THAT(twilio_signed_urls("https://a/b?c"), ElementsAre("https://a/b?c", "https://a:443/b?c"));
  EXPECT_THAT(twilio_signed_urls("http://a:8080"), ElementsAre("http://a", "http://a:8080"));
  EXPECT_THAT(twilio_signed_urls("http://u:1@a/:9@"), ElementsAre("http://u:1@a/:9@", "http://u:1@a:80/:9@"));
  EXPECT_THAT(twilio_signed_urls("https://[::1]/"), ElementsAre("https://[::1]/", "https://[::1]:443/"));
  EXPECT_THAT(twilio_signed_urls("https://[::1]:8443/"), ElementsAre("https://[::1]/", "https://[::1]:8443/"));
  EXPECT_THAT(twilio_signed_urls("https://a/it's?it's"),
              ElementsAre("https://a/it's?it's", "https://a:443/it's?it's", "https://a/it's?it%27s",
                          "https://a:443/it's?it%27s"));
  EXPECT_THAT(twilio_signed_urls(""), ElementsAre("", ":443"));
}

}  // namespace
}  // namespace hookledger
