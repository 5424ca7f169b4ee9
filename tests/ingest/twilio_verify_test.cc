#include <gmock/gmock.h>

#include "ingest/verify/twilio.h"
#include "ingest/verify/verifiers.h"
#include "schemas/crypto.h"
#include "schemas/hmac_sha1.h"
#include "schemas/text.h"

namespace hookledger::testing {
namespace {

using enum SignatureVerdict;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kToken = "0123456789abcdef0123456789abcdef", kOther = "fedcba9876543210fedcba9876543210";
const std::string kForm = "CallSid=CA1&CallStatus=ringing";
const std::string kSignedForm = "CallSidCA1CallStatusringing";

Source source_with(const std::vector<std::string>& tokens, const std::string& public_url = "https://hooks.example") {
  Source source{.name = "voice", .kind = "twilio", .path = "/webhooks/voice", .keys = {}, .public_url = public_url};
  for (const std::string& token : tokens) source.keys.push_back(*twilio_verifier().secret(token));
  return source;
}

std::string sign(const std::string& text, const std::string& token = kToken) {
  const HmacSha1 code = hmac_sha1(token, text);
  return encode_base64({reinterpret_cast<const char*>(code.data()), code.size()});
}

struct Delivery {
  std::string target = "/webhooks/voice?a=1";
  std::string body = kForm;
  std::vector<std::string> signatures = {sign("https://hooks.example/webhooks/voice?a=1" + kSignedForm)};

  SignatureEvidence evidence(const Source& source = source_with({kToken})) const {
    http::Head head;
    head.target = target;
    for (const std::string& signature : signatures) head.headers.emplace_back("X-Twilio-Signature", signature);
    return twilio_verifier().evidence(source, head);
  }
  Verification verify(const Source& source = source_with({kToken})) const {
    const SignatureEvidence shown = evidence(source);
    std::string signed_text;
    twilio_verifier().begin_signed_text(shown, signed_text);
    return twilio_verifier().verify(source, shown, signed_text + body, {});
  }
};

TEST(TwilioVerify, SaysWhichTokenVerified) {
  const Source source = source_with({kOther, kToken});
  const Verification verified = Delivery().verify(source);
  EXPECT_EQ(verified.verdict, kValid);
  EXPECT_EQ(verified.key, &source.keys[1]);
  EXPECT_EQ(Delivery().verify(source_with({kOther})).verdict, kInvalid);
  EXPECT_EQ(Delivery().verify(source_with({})).verdict, kInvalid) << "no token: nothing is valid";
}

TEST(TwilioVerify, SignsThePublicUrlWithTheTargetAsItCame) {
  EXPECT_EQ(Delivery().verify(source_with({kToken}, "http://hooks.example")).verdict, kInvalid);
  EXPECT_EQ(Delivery().verify(source_with({kToken}, "https://other.example")).verdict, kInvalid);
  EXPECT_EQ(Delivery().verify(source_with({kToken}, "https://hooks.example:8443")).verdict, kValid) << "ports may go";
  EXPECT_EQ(Delivery{.target = "/webhooks/voice?a=2"}.verify().verdict, kInvalid);
  EXPECT_EQ(Delivery{.target = "/webhooks/voice?a=1&"}.verify().verdict, kInvalid);
  EXPECT_EQ(Delivery{.target = "/webhooks/voice"}.verify().verdict, kInvalid);
  EXPECT_EQ(Delivery{.target = "http://10.0.0.1:8080/webhooks/voice?a=1"}.verify().verdict, kValid)
      << "what a proxy makes of the origin is not what was signed";
  EXPECT_EQ(Delivery{.body = kForm + "&To=x"}.verify().verdict, kInvalid);
}

TEST(TwilioVerify, NeedsOneSignature) {
  EXPECT_EQ(Delivery{.signatures = {}}.verify().verdict, kMissing);
  EXPECT_EQ(Delivery{.signatures = {""}}.verify().verdict, kMissing);
  const std::string right = Delivery().signatures[0];
  EXPECT_EQ((Delivery{.signatures = {right, right}}.verify().verdict), kInvalid);
  EXPECT_EQ((Delivery{.signatures = {"", right}}.verify().verdict), kInvalid);
}

TEST(TwilioVerify, TheSignatureIsCanonicalBase64) {
  const std::string right = Delivery().signatures[0];
  ASSERT_EQ(right.size(), 28U);
  std::string other_bits = right;  // The last digit before the padding has two bits that say nothing.
  for (std::string text :
       {right.substr(0, 27), right + "=", right + " ", " " + right, std::string(28, 'A'), std::string(28, '='),
        encode_base64(std::string(19, 'x')), std::string("%"), std::string(1 << 14, 'A')}) {
    EXPECT_EQ(Delivery{.signatures = {text}}.verify().verdict, kInvalid) << text.substr(0, 40);
  }
  other_bits[26] = static_cast<char>(other_bits[26] + 1);
  EXPECT_EQ(Delivery{.signatures = {other_bits}}.verify().verdict, kInvalid);
}

TEST(TwilioVerify, NothingIsEverOutOfTolerance) {
  Source source = source_with({kToken});
  source.tolerance = std::chrono::seconds(0);
  const Delivery delivery;
  for (const Time now : {Time::min(), Time(), Time::max()}) {
    EXPECT_EQ(twilio_verifier().verify(source, delivery.evidence(source), delivery.body, now).verdict, kValid);
  }
}

TEST(TwilioVerify, UserInformationIsSignedAndNotKept) {
  const Source source = source_with({kToken}, "https://user:geheim@hooks.example");
  const Delivery delivery = {
      .signatures = {sign("https://user:geheim@hooks.example/webhooks/voice?a=1" + kSignedForm)}};
  EXPECT_EQ(delivery.verify(source).verdict, kValid);
  EXPECT_EQ(delivery.verify().verdict, kInvalid);
  EXPECT_EQ(Delivery().verify(source).verdict, kValid) << "of a time before there was user information";
  EXPECT_EQ(delivery.evidence(source).signed_with, "https://hooks.example/webhooks/voice?a=1");
}

TEST(TwilioVerify, ARecordIsVerifiedAgainByWhatItKeeps) {
  const Delivery delivery;
  const SignatureEvidence evidence = delivery.evidence();
  RecordView record;
  record.signature = evidence.signature;
  record.signed_with = evidence.signed_with;
  Source signer{.name = "", .kind = "twilio", .path = "", .keys = source_with({kToken}).keys};
  EXPECT_EQ(verify_again(signer, evidence_of(record), kForm).verdict, kValid);
  EXPECT_EQ(verify_again(signer, evidence_of(record), kForm + "&x=1").verdict, kInvalid);
  record.signed_with = "";
  EXPECT_EQ(verify_again(signer, evidence_of(record), kForm).verdict, kInvalid);
}

TEST(TwilioVerify, AUrlHasVisibleCharactersAlone) {
  const std::string target = "/webhooks/voice?\xC3\xA4";
  const Delivery delivery = {.target = target, .signatures = {sign("https://hooks.example" + target + kSignedForm)}};
  EXPECT_EQ(delivery.verify().verdict, kInvalid);
}

TEST(TwilioVerify, TokensAreLongAndNotShown) {
  const SourceKey key = *twilio_verifier().secret(kToken);
  EXPECT_EQ(key.id, "hmac-sha1:" + blake2b_256_hex(kToken).substr(0, 16));
  EXPECT_THAT(key.id, Not(HasSubstr(kToken.substr(0, 8))));
  for (const std::string& text : {std::string(), std::string("12345"), std::string(31, 'a'), std::string(257, 'a'),
                                  kToken + " " + kOther, kToken + "\n" + kOther, kToken + "\x7f"}) {
    EXPECT_FALSE(twilio_verifier().secret(text)) << text;
  }
  EXPECT_FALSE(twilio_verifier().public_key("8S+1BmkcKZJm6kGzc2rP3QMAJyxVuTl2V4fYq3vKq1U="));
}

TEST(TwilioVerify, ASourceNeedsATokenAndAnOrigin) {
  const auto fit = [](const Source& source) {
    const auto made = Sources::make({source});
    return made ? std::string() : made.error().detail;
  };
  EXPECT_EQ(fit(source_with({kToken})), "");
  EXPECT_THAT(fit(source_with({})), HasSubstr("secret-file"));
  EXPECT_THAT(fit(source_with({kToken}, "")), HasSubstr("give public-url"));
  EXPECT_THAT(fit(source_with({kToken}, "https://user:geheim@hooks.example/path")),
              HasSubstr("public-url is no origin"));
  EXPECT_THAT(fit(source_with({kToken}, "https://user:geheim@hooks.example/path")), Not(HasSubstr("geheim")));
  Source with_public_key = source_with({kToken});
  const auto key = ed25519_key_pair(Ed25519Seed{1}).public_key;
  with_public_key.keys.push_back({key_id(key), Ed25519Key(key)});
  EXPECT_THAT(fit(with_public_key), HasSubstr("secret-file, not with public-key"));
}

}  // namespace
}  // namespace hookledger::testing
