// G2: nothing unverified enters; what a source did sign is never lost.
#include <gmock/gmock.h>

#include "tests/guarantees/ledger.h"
#include "tests/support/seeded.h"

namespace hookledger::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kBody = telnyx_body("event-1", "call.initiated", "call-1", "leg-1", kStart);

class NothingUnverified : public ::testing::Test {
 protected:
  Answer post(const Delivered& delivered) {
    Peer peer(ledger_.address());
    return peer.exchange(delivered.request()).value_or(Answer());
  }
  void expect_refused(const Delivered& delivered, const std::string& code) {
    const Answer answer = post(delivered);
    EXPECT_EQ(answer.status, 403U) << delivered.request();
    EXPECT_EQ(member_of(answer.body, "type"), "urn:hookledger:problem:" + code) << delivered.request();
    EXPECT_EQ(answer.headers.at("content-type"), "application/problem+json");
  }
  Delivered good() { return sign(kBody, ledger_.clock().wall()); }

  Ledger ledger_;
};

TEST_F(NothingUnverified, BadMissingAndStaleSignaturesLeaveNothing) {
  Delivered no_signature = good(), no_timestamp = good(), nothing = good();
  no_signature.signature = nothing.signature = "";
  no_timestamp.timestamp = nothing.timestamp = "";
  for (const Delivered& delivered : {no_signature, no_timestamp, nothing})
    expect_refused(delivered, "signature-missing");

  Delivered other_body = good(), other_time = good(), longer = good();
  other_body.body[5] ^= 1;
  other_time.timestamp.back() ^= 1;
  longer.body += " ";
  for (const Delivered& delivered : {other_body, other_time, longer, sign(kBody, kStart, 8)}) {
    expect_refused(delivered, "signature-invalid");
  }
  for (const std::string timestamp :
       {"x", "-1", "+1770544800", " 1770544800x", "1770544800.0", "0x69885d20", "1234567890123456789"}) {
    Delivered delivered = good();
    const std::string text = timestamp + "|" + kBody;
    const Ed25519Signature bytes = ed25519_sign(key_pair(7), text);
    delivered.timestamp = timestamp;
    delivered.signature = encode_base64({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    expect_refused(delivered, "signature-invalid");
  }
  const std::string right = good().signature;
  for (const std::string& signature :
       std::vector<std::string>{right.substr(0, 86), right + "=", right.substr(0, 87), "====", right + right,
                                "*" + right.substr(1), right.substr(0, 44) + " " + right.substr(44)}) {
    Delivered delivered = good();
    delivered.signature = signature;
    expect_refused(delivered, "signature-invalid");
  }
  for (const auto age : {301s, -301s}) expect_refused(sign(kBody, kStart - age), "timestamp-out-of-tolerance");

  EXPECT_EQ(ledger_.records(), 0U);
  EXPECT_THAT(ledger_.metrics(), HasSubstr(R"(answer="signature-invalid")"));
  EXPECT_THAT(ledger_.metrics(), HasSubstr(R"(answer="signature-missing")"));
  for (const auto age : {300s, -300s, 0s}) EXPECT_EQ(post(sign(kBody, kStart - age)).status, 200U);
  EXPECT_EQ(ledger_.records(), 1U);
}

TEST_F(NothingUnverified, TwoSignatureHeadersAreNone) {
  const Delivered delivered = good();
  std::string request = delivered.request();
  for (const std::string& header : std::vector<std::string>{"Telnyx-Signature-Ed25519: " + delivered.signature,
                                                            "telnyx-timestamp: " + delivered.timestamp}) {
    std::string twice = request;
    twice.insert(twice.find("\r\n") + 2, header + "\r\n");
    Peer peer(ledger_.address());
    EXPECT_EQ(peer.status_of(twice), 403U) << header;
  }
  EXPECT_EQ(ledger_.records(), 0U);
}

TEST_F(NothingUnverified, NoChangeOnTheWayGetsThrough) {
  auto random = seeded_generator();
  const Delivered right = good();
  for (int round = 0; round < 400; ++round) {
    Delivered changed = right;
    std::string* const parts[] = {&changed.body, &changed.signature, &changed.timestamp};
    std::string& part = *parts[random_below(random, 3)];
    const std::size_t at = random_below(random, part.size());
    static constexpr std::string_view kHarmless = "abcXYZ0123456789+/={}\":,";
    part[at] = kHarmless[random_below(random, kHarmless.size())];
    if (changed.body == right.body && changed.signature == right.signature && changed.timestamp == right.timestamp)
      continue;
    EXPECT_EQ(post(changed).status, 403U) << changed.request();
  }
  EXPECT_EQ(ledger_.records(), 0U);
}

TEST_F(NothingUnverified, SignedButNotUnderstoodIsKept) {
  const std::vector<std::string> bodies = {"",   "not json", std::string("\0\xff\r\n\r\n", 6),
                                           "{}", "[[[[",     "{\"data\":{\"event_type\":7}}"};
  std::vector<std::string> kept;
  for (const std::string& body : bodies) {
    const Answer first = post(sign(body, kStart)), again = post(sign(body, kStart + 1s));
    EXPECT_EQ(first.status, 200U);
    EXPECT_EQ(member_of(first.body, "status"), "unrecognised");
    EXPECT_EQ(member_of(first.body, "id"), "blake2b:" + blake2b_256_hex(body));
    EXPECT_EQ(member_of(again.body, "status"), "duplicate");
    EXPECT_EQ(member_of(again.body, "offset"), member_of(first.body, "offset"));
  }
  for (const StoredRecord& record : ledger_.all_records()) kept.emplace_back(decode_record(record.bytes).value().body);
  EXPECT_THAT(kept, ::testing::UnorderedElementsAreArray(bodies));
  EXPECT_THAT(ledger_.metrics(), HasSubstr(R"(answer="unrecognised")"));
}

}  // namespace
}  // namespace hookledger::testing
