#include <algorithm>
#include <gmock/gmock.h>

#include "ingest/verify/standard.h"
#include "ingest/verify/verifiers.h"
#include "schemas/text.h"
#include "tests/support/seeded.h"

namespace hookledger::testing {
namespace {

using enum SignatureVerdict;

/// Of the reference implementation: github.com/standard-webhooks/standard-webhooks, libraries, tests of all of them.
const std::string kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr std::int64_t kSignedAt = 1'614'265'330;
const std::string kSignature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
/// Made with openssl: `openssl pkeyutl -sign -rawin` with the seed 00 01 … 1f.
const std::string kPublicKey = "whpk_A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=";
const std::string kSignatureV1a =
    "v1a,yoUrgEkc12aGqm0n4Sydmdz55xJfTz4AsAgieHFjmkR7LJtqVCZOQYzvvHjI5kAey+r4iaBGxTFRrl2iBQxtDQ==";

using Headers = std::vector<std::pair<std::string, std::string>>;

SourceKey secret(const std::string& text) { return standard_verifier().secret(text).value(); }
SourceKey public_key(const std::string& text) { return standard_verifier().public_key(text).value(); }

Source source_with(std::vector<SourceKey> keys) {
  return {.name = "app", .kind = "standard", .path = "/webhooks/app", .keys = std::move(keys)};
}

struct Delivery {
  std::string signature = kSignature, id = "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp = std::to_string(kSignedAt);
  std::string body = R"({"test": 2432232314})";
  std::string prefix = "webhook-";
  Headers more{};

  Verification verify(const Source& source, Time now = Time(std::chrono::seconds(kSignedAt))) const {
    const Headers own = {{prefix + "signature", signature}, {prefix + "id", id}, {prefix + "timestamp", timestamp}};
    http::Head head;
    for (const Headers* headers : {&own, &more}) {
      for (const auto& [name, value] : *headers) head.headers.emplace_back(name, value);
    }
    const SignatureEvidence evidence = standard_verifier().evidence(source, head);
    std::string signed_text;
    standard_verifier().begin_signed_text(evidence, signed_text);
    return standard_verifier().verify(source, evidence, signed_text + body, now);
  }
  SignatureVerdict verdict() const { return verify(source_with({secret(kSecret)})).verdict; }
  /// Signed with the secret as it stands.
  Delivery signed_anew() const {
    Delivery delivery = *this;
    const auto mac = hmac_sha256(secret(kSecret).secret()->bytes, id + "." + timestamp + "." + body);
    delivery.signature = "v1," + encode_base64({reinterpret_cast<const char*>(mac.data()), mac.size()});
    return delivery;
  }
};

Delivery with_signature(const std::string& signature) {
  Delivery delivery;
  delivery.signature = signature;
  return delivery;
}

TEST(StandardVerify, TakesThePublishedVectors) {
  EXPECT_EQ(Delivery().verdict(), kValid);
  EXPECT_EQ(with_signature(kSignatureV1a).verify(source_with({public_key(kPublicKey)})).verdict, kValid);
  EXPECT_EQ(secret(kSecret).id, "hmac-sha256:5a8d246166beebe5");
}

TEST(StandardVerify, EachKeyVerifiesItsOwnVersionOnly) {
  EXPECT_EQ(Delivery().verify(source_with({public_key(kPublicKey)})).verdict, kInvalid);
  EXPECT_EQ(with_signature(kSignatureV1a).verdict(), kInvalid);
  EXPECT_EQ(Delivery().verify(source_with({})).verdict, kInvalid) << "no key: nothing is valid";
}

TEST(StandardVerify, OneOfManySignaturesAndOneOfManyKeysIsEnough) {
  const std::string other = "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  const Source source =
      source_with({secret(encode_base64(std::string(24, 'x'))), public_key(kPublicKey), secret(kSecret)});
  for (const std::string& list : {other + " " + kSignature, kSignature + " " + other, "v2,xyz v9 " + kSignature,
                                  other + "  " + kSignature, "v1,not-base64 " + kSignature}) {
    const Verification verified = with_signature(list).verify(source);
    EXPECT_EQ(verified.verdict, kValid) << list;
    EXPECT_EQ(verified.key, &source.keys[2]) << list;
  }
  EXPECT_EQ(with_signature(other + " " + kSignatureV1a).verify(source).key, &source.keys[1]);
}

TEST(StandardVerify, WhatIsNoSignatureNeverMatches) {
  const std::string value = kSignature.substr(3);
  for (const std::string& list :
       {std::string("v1,"), std::string("v1"), std::string(","), std::string(" "), value, "v2," + value, "V1," + value,
        "v1a," + value, "v1 " + value, "v1;" + value, "v1, " + value, "v1," + value + ",v1", "v1," + value.substr(1),
        "v1," + value.substr(0, value.size() - 1), "v1,\t" + value, "v1,=" + value, kSignature + "\n",
        std::string("v1a,")}) {
    EXPECT_EQ(with_signature(list).verdict(), kInvalid) << list;
  }
  std::string many;
  for (int i = 0; i < 32; ++i) many += "v3,x ";
  EXPECT_EQ(with_signature(many + kSignature).verdict(), kInvalid) << "each costs time";
  EXPECT_EQ(with_signature(many.substr(5) + kSignature).verdict(), kValid);
}

TEST(StandardVerify, TheSignatureCoversIdTimestampAndBody) {
  for (std::string Delivery::*part : {&Delivery::id, &Delivery::timestamp, &Delivery::body}) {
    for (std::size_t at = 0; at < (Delivery().*part).size(); ++at) {
      Delivery altered;
      (altered.*part)[at] = (altered.*part)[at] == '1' ? '2' : '1';
      EXPECT_EQ(altered.verdict(), kInvalid);
    }
    Delivery longer;
    (longer.*part) += "1";
    EXPECT_EQ(longer.verdict(), kInvalid);
  }
}

TEST(StandardVerify, NothingMovesFromOnePartIntoAnother) {
  Delivery moved;
  moved.id += "." + moved.timestamp;
  moved.timestamp = "7";
  moved.body = "x";
  Delivery honest;  // Signs the same bytes.
  honest.body = "7.x";
  moved.signature = honest.signed_anew().signature;
  EXPECT_EQ(moved.verdict(), kInvalid) << "an id with a dot is malformed";
}

TEST(StandardVerify, AnIdIsPrintableAndHasNoDot) {
  for (const std::string id : {"a.b", ".", "a b", "a\tb", "\x7f", "é"}) {
    Delivery delivery;
    delivery.id = id;
    EXPECT_EQ(delivery.signed_anew().verdict(), kInvalid) << id;
  }
  Delivery odd;
  odd.id = "{\"%|~/";
  EXPECT_EQ(odd.signed_anew().verdict(), kValid);
}

TEST(StandardVerify, MissingComesBeforeInvalid) {
  for (std::string Delivery::*part : {&Delivery::signature, &Delivery::id, &Delivery::timestamp}) {
    Delivery without;
    without.id = "a.b";
    (without.*part).clear();
    EXPECT_EQ(without.verdict(), kMissing);
  }
}

TEST(StandardVerify, RefusesRepeatedHeaders) {
  for (const std::string name : {"webhook-signature", "Webhook-Id", "webhook-timestamp"}) {
    Delivery repeated;
    repeated.more = {{name, "x"}};
    EXPECT_EQ(repeated.verdict(), kInvalid) << name;
  }
}

TEST(StandardVerify, TakesTheSameHeadersUnderTheirOlderName) {
  Delivery older;
  older.prefix = "svix-";
  EXPECT_EQ(older.verdict(), kValid);
  older.more = {{"webhook-id", older.id}};
  EXPECT_EQ(older.verdict(), kMissing) << "then only webhook- counts";
  Delivery both;
  both.more = {{"svix-id", "other"}, {"svix-signature", "v1,x"}};
  EXPECT_EQ(both.verdict(), kValid);
}

TEST(StandardVerify, ToleranceIsInclusiveBothWaysInWholeSeconds) {
  const Source source = source_with({secret(kSecret)});
  const auto at = [](std::int64_t seconds) { return Time(std::chrono::seconds(seconds)); };
  for (const std::int64_t age : {-300, 0, 300})
    EXPECT_EQ(Delivery().verify(source, at(kSignedAt + age)).verdict, kValid);
  for (const std::int64_t age : {-301, 301}) {
    const Verification late = Delivery().verify(source, at(kSignedAt + age));
    EXPECT_EQ(late.verdict, kOutOfTolerance);
    EXPECT_EQ(late.key, source.keys.data());
    Delivery altered;
    altered.body += " ";
    EXPECT_EQ(altered.verify(source, at(kSignedAt + age)).verdict, kInvalid) << "only what is rightly signed";
  }
}

TEST(StandardVerify, ATimestampIsOneToEighteenDigits) {
  for (const std::string timestamp : {"1e9", "-1", "+1", " 1", "1.0", "1614265330000000000", "0x1"}) {
    Delivery delivery;
    delivery.timestamp = timestamp;
    EXPECT_EQ(delivery.signed_anew().verdict(), kInvalid) << timestamp;
  }
  Delivery far;
  far.timestamp = "999999999999999999";
  EXPECT_EQ(far.signed_anew().verdict(), kOutOfTolerance);
}

TEST(StandardVerify, SecretsAndKeysAreWhatTheSpecificationSays) {
  const auto base64 = [](std::size_t bytes) { return encode_base64(std::string(bytes, '\xa5')); };
  for (const std::string& text : {base64(24), "whsec_" + base64(24), base64(64), "whsec_" + base64(32)}) {
    EXPECT_TRUE(standard_verifier().secret(text)) << text;
  }
  std::string unpadded = base64(32);
  unpadded.pop_back();
  EXPECT_EQ(secret(unpadded).id, secret(base64(32)).id);
  for (const std::string& text : {std::string(), std::string("whsec_"), base64(23), base64(65), "whsk_" + base64(32),
                                  "whsec_whsec_" + base64(24), base64(24) + "\n", "WHSEC_" + base64(24)}) {
    EXPECT_FALSE(standard_verifier().secret(text)) << text;
  }
  EXPECT_EQ(public_key(kPublicKey).id, public_key(kPublicKey.substr(5)).id);
  EXPECT_FALSE(standard_verifier().public_key(kSecret));
  EXPECT_FALSE(standard_verifier().public_key("whsk_" + kPublicKey.substr(5)));
}

TEST(StandardVerify, VerifiesARecordAgainWheneverThatIs) {
  const Delivery delivery;
  RecordView record;
  record.kind = "standard";
  record.signature = delivery.signature;
  record.signed_at = delivery.timestamp;
  record.signed_with = delivery.id;
  record.body = delivery.body;
  Source source = source_with({secret(kSecret)});
  EXPECT_EQ(verify_again(source, evidence_of(record), record.body).verdict, kValid);
  record.signed_with = "other";
  EXPECT_EQ(verify_again(source, evidence_of(record), record.body).verdict, kInvalid);
  source.kind = "of-later";
  EXPECT_EQ(verify_again(source, evidence_of(record), record.body).verdict, kInvalid);
}

TEST(StandardVerify, AnyFlippedBitOfTheSignatureIsNoticed) {
  for (std::size_t bit = 0; bit < 256; ++bit) {
    std::string bytes = *decode_base64(kSignature.substr(3));
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
    EXPECT_EQ(with_signature("v1," + encode_base64(bytes)).verdict(), kInvalid) << bit;
  }
}

}  // namespace
}  // namespace hookledger::testing
