#include <algorithm>
#include <gmock/gmock.h>

#include "ingest/verify/telnyx.h"
#include "schemas/text.h"
#include "tests/support/seeded.h"

namespace hookledger::testing {
namespace {

using enum SignatureVerdict;

constexpr std::int64_t kSignedAt = 1'700'000'000;
const std::string kBody = R"({"data":{"event_type":"call.initiated"}})";

Time at(std::int64_t seconds) { return Time(std::chrono::seconds(seconds)); }

Ed25519KeyPair key_of(unsigned char seed) { return ed25519_key_pair(Ed25519Seed{seed}); }

Source source_with(const std::vector<unsigned char>& seeds) {
  Source source{.name = "telnyx", .kind = "telnyx", .path = "/webhooks/telnyx", .keys = {}};
  for (const auto seed : seeds) {
    const auto key = key_of(seed).public_key;
    source.keys.push_back({key_id(key), Ed25519Key(key)});
  }
  return source;
}

/// What comes with a body. As made, it is rightly signed.
struct Delivery {
  std::string timestamp = std::to_string(kSignedAt);
  std::string body = kBody;
  std::string signature = sign(1, timestamp, body);
  std::size_t signature_count = 1, timestamp_count = 1;

  static std::string sign(unsigned char seed, const std::string& timestamp, const std::string& body) {
    const auto bytes = ed25519_sign(key_of(seed), timestamp + "|" + body);
    return encode_base64({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }

  Verification verify(const Source& source = source_with({1}), Time now = at(kSignedAt)) const {
    http::Head head;
    for (std::size_t i = 0; i < signature_count; ++i) head.headers.emplace_back("telnyx-signature-ed25519", signature);
    for (std::size_t i = 0; i < timestamp_count; ++i) head.headers.emplace_back("telnyx-timestamp", timestamp);
    const SignatureEvidence evidence = telnyx_verifier().evidence(source, head);
    std::string signed_text;
    telnyx_verifier().begin_signed_text(evidence, signed_text);
    return telnyx_verifier().verify(source, evidence, signed_text + body, now);
  }
};

Delivery signed_at(const std::string& timestamp) { return {.timestamp = timestamp}; }

Delivery with_signature(const std::string& signature) {
  Delivery delivery;
  delivery.signature = signature;
  return delivery;
}

TEST(TelnyxVerify, SaysWhichKeyVerified) {
  const Source source = source_with({9, 1, 8});
  const Verification verified = Delivery().verify(source);
  EXPECT_EQ(verified.verdict, kValid);
  EXPECT_EQ(verified.key, &source.keys[1]);
  EXPECT_EQ(Delivery().verify(source_with({9, 8})).verdict, kInvalid);
  EXPECT_EQ(Delivery().verify(source_with({})).verdict, kInvalid) << "no key: nothing is valid";
}

TEST(TelnyxVerify, TheSignatureCoversTheTimestampAsItCame) {
  const std::string leading_zero = "0" + std::to_string(kSignedAt);
  EXPECT_EQ(signed_at(leading_zero).verify().verdict, kValid);
  Delivery altered;
  altered.timestamp = leading_zero;
  EXPECT_EQ(altered.verify().verdict, kInvalid) << "the same instant, other bytes";
}

TEST(TelnyxVerify, TakesAnyBody) {
  for (const std::string& body :
       {std::string(), std::string("|"), std::string("\0\r\n\xff", 4), std::string(1 << 20, 'x')}) {
    EXPECT_EQ((Delivery{.body = body}).verify().verdict, kValid);
  }
}

TEST(TelnyxVerify, ToleranceIsInclusiveBothWaysInWholeSeconds) {
  const Source source = source_with({1});
  for (const std::int64_t age : {-300, -299, 0, 299, 300}) {
    EXPECT_EQ(Delivery().verify(source, at(kSignedAt + age)).verdict, kValid) << age;
    EXPECT_EQ(Delivery().verify(source, at(kSignedAt + age) + std::chrono::microseconds(999'999)).verdict, kValid)
        << age;
  }
  for (const std::int64_t age : std::vector<std::int64_t>{-301, 301, -kSignedAt, 4'000'000'000}) {
    const Verification late = Delivery().verify(source, at(kSignedAt + age));
    EXPECT_EQ(late.verdict, kOutOfTolerance) << age;
    EXPECT_EQ(late.key, source.keys.data());
  }
  Source strict = source_with({1});
  strict.tolerance = std::chrono::seconds(0);
  EXPECT_EQ(Delivery().verify(strict, at(kSignedAt)).verdict, kValid);
  EXPECT_EQ(Delivery().verify(strict, at(kSignedAt + 1)).verdict, kOutOfTolerance);
}

TEST(TelnyxVerify, TakesEveryInstantThatEighteenDigitsCanName) {
  for (const char* timestamp : {"0", "000000000000000000", "999999999999999999"}) {
    EXPECT_EQ(signed_at(timestamp).verify().verdict, kOutOfTolerance) << timestamp;
  }
}

TEST(TelnyxVerify, OnlyWhatIsRightlySignedIsOutOfTolerance) {
  Delivery altered;
  altered.body += " ";
  EXPECT_EQ(altered.verify(source_with({1}), at(kSignedAt + 1000)).verdict, kInvalid);
}

TEST(TelnyxVerify, MissingComesBeforeInvalid) {
  EXPECT_EQ(with_signature("").verify().verdict, kMissing);
  EXPECT_EQ(signed_at("").verify().verdict, kMissing);
  Delivery neither = with_signature("");
  neither.timestamp = "soon";
  EXPECT_EQ(neither.verify().verdict, kMissing);
  Delivery no_timestamp = with_signature("not base64");
  no_timestamp.timestamp = "";
  EXPECT_EQ(no_timestamp.verify().verdict, kMissing);
  Delivery absent;
  absent.signature_count = 0;
  absent.signature = "";
  EXPECT_EQ(absent.verify().verdict, kMissing);
}

TEST(TelnyxVerify, RefusesRepeatedHeaders) {
  Delivery two_signatures, two_timestamps;
  two_signatures.signature_count = 2;
  two_timestamps.timestamp_count = 2;
  EXPECT_EQ(two_signatures.verify().verdict, kInvalid);
  EXPECT_EQ(two_timestamps.verify().verdict, kInvalid);
  for (Delivery* repeated : {&two_signatures, &two_timestamps}) {
    repeated->signature = repeated->timestamp = "";
    EXPECT_EQ(repeated->verify().verdict, kInvalid) << "the first of two is empty";
  }
}

/// Rightly signed over the very bytes, but no timestamp that we take.
TEST(TelnyxVerify, RefusesMalformedTimestamps) {
  for (const char* timestamp : {" ", "1700000000 ", " 1700000000", "+1700000000", "-1700000000", "0x6553f100", "1.7e9",
                                "1700000000.0", "1700000000000000000", "0000000001700000000", "１７００００００００",
                                "1700000000\t", "17000\n00000", "1700000000|", "now", "170000000O"}) {
    EXPECT_EQ(signed_at(timestamp).verify().verdict, kInvalid) << timestamp;
  }
}

TEST(TelnyxVerify, RefusesMalformedSignatures) {
  const std::string good = Delivery().signature;
  const std::string raw = decode_base64(good).value();
  std::string not_canonical = good;  // 64 bytes leave four unused bits before the padding.
  ++not_canonical[good.size() - 3];
  std::string url_safe = encode_base64(std::string(64, '\xff'));
  std::replace(url_safe.begin(), url_safe.end(), '/', '_');
  const std::vector<std::string> malformed = {
      " ",
      not_canonical,
      url_safe,
      good.substr(0, good.size() - 2),
      good.substr(0, good.size() - 1),
      good + "=",
      good + "==",
      " " + good,
      good + " ",
      good + "\n",
      good.substr(0, 44) + "\n" + good.substr(44),
      good.substr(0, 44) + " " + good.substr(45),
      encode_base64(raw.substr(0, 63)),
      encode_base64(raw + '\0'),
      encode_hex(raw),
      raw,
      std::string(88, '='),
      std::string(88, 'A'),
      "v1," + good,
  };
  for (const std::string& signature : malformed) {
    EXPECT_EQ(with_signature(signature).verify().verdict, kInvalid) << signature;
  }
}

TEST(TelnyxVerify, RefusesWhatWasAlteredOnTheWay) {
  EXPECT_EQ(with_signature(Delivery::sign(2, std::to_string(kSignedAt), kBody)).verify().verdict, kInvalid)
      << "another key";
  Delivery later;
  later.timestamp = std::to_string(kSignedAt + 1);
  EXPECT_EQ(later.verify().verdict, kInvalid);
  Delivery shifted;  // The same signed text, cut elsewhere, would be another timestamp.
  shifted.body = std::to_string(kSignedAt) + "|" + kBody;
  EXPECT_EQ(shifted.verify().verdict, kInvalid);
}

TEST(TelnyxVerify, RefusesEveryFlippedBit) {
  const std::string raw = decode_base64(Delivery().signature).value();
  for (std::size_t bit = 0; bit < raw.size() * 8; ++bit) {
    std::string flipped = raw;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_EQ(with_signature(encode_base64(flipped)).verify().verdict, kInvalid) << "signature, bit " << bit;
  }
  for (std::size_t bit = 0; bit < kBody.size() * 8; ++bit) {
    Delivery delivery;
    delivery.body[bit / 8] = static_cast<char>(delivery.body[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_EQ(delivery.verify().verdict, kInvalid) << "body, bit " << bit;
  }
}

TEST(TelnyxVerify, RefusesAnyOtherText) {
  auto random = seeded_generator();
  const std::string good = Delivery().signature;
  for (int i = 0; i < 5000; ++i) {
    std::string text = good;
    for (std::size_t changes = 1 + random_below(random, 3); changes > 0; --changes) {
      text[random_below(random, text.size())] = static_cast<char>(random_below(random, 256));
    }
    if (text == good) continue;
    EXPECT_EQ(with_signature(text).verify().verdict, kInvalid) << text;
  }
}

}  // namespace
}  // namespace hookledger::testing
