// Bodies that are valid, signed, and as no provider should send them; and those that are not valid at all.
#include <gmock/gmock.h>

#include "schemas/crypto.h"
#include "schemas/json.h"
#include "schemas/record.h"
#include "tests/schemas/telnyx_bodies.h"
#include "tests/support/seeded.h"

namespace hookledger {
namespace {

using testing::published_body;
using testing::read_body;
using testing::ReadBody;
using testing::with_payload;

TEST(TelnyxHostile, OfDuplicateKeysTheFirstCountsEvenWhenOfTheWrongType) {
  EXPECT_EQ(read_body(R"({"data":{"event_type":"a.b","id":"1","id":"2","event_type":"c.d"}})").head.id, "1");
  EXPECT_EQ(read_body(R"({"data":{"event_type":"a.b","event_type":"c.d"}})").head.type, "a.b");
  EXPECT_EQ(read_body(R"({"data":{"event_type":7,"event_type":"c.d"}})").head.type, kUnrecognisedType);
  EXPECT_EQ(read_body(R"({"data":1,"data":{"event_type":"c.d"}})").head.type, kUnrecognisedType);
  const std::string without_id = R"({"data":{"id":{},"id":"2","event_type":"a.b"}})";
  EXPECT_EQ(read_body(without_id).head.id, "blake2b:" + blake2b_256_hex(without_id));
  EXPECT_EQ(
      read_body(R"({"data":{"event_type":"a.b","id":"e","payload":[],"payload":{"call_leg_id":"l"}}})").head.leg_id,
      "");
  EXPECT_EQ(read_body(with_payload(R"("from":["a"],"from":"b","to":"c","to":"d")")).detail.from, "");
  EXPECT_EQ(read_body(with_payload(R"("from":["a"],"from":"b","to":"c","to":"d")")).detail.to, "c");
  EXPECT_EQ(read_body(R"({"meta":null,"meta":{"attempt":2},"data":{"event_type":"a.b"}})").head.attempt, 0U);
  EXPECT_EQ(read_body(R"({"meta":{"attempt":[],"attempt":2},"data":{"event_type":"a.b"}})").head.attempt, 0U);
  EXPECT_EQ(read_body(R"({"metadata":{"event":1,"event":{"event_type":"a.b"}}})").head.type, kUnrecognisedType);
  EXPECT_EQ(read_body(with_payload(R"("recording_urls":null,"recording_urls":{"mp3":"u"})", "call.recording.saved"))
                .detail.urls,
            "{}");
}

TEST(TelnyxHostile, KeysAndValuesMayBeEscaped) {
  const ReadBody read = read_body(
      R"({"\u0064ata":{"event\u005ftype":"call\u002ehangup","id":"\ud83d\ude80\u0000","payload":{"\u0066rom":"\"\\\/"}}})");
  EXPECT_EQ(read.head.type, "call.hangup");
  EXPECT_EQ(read.head.id, std::string("\xF0\x9F\x9A\x80\0", 5));
  EXPECT_EQ(read.detail.from, "\"\\/");
}

TEST(TelnyxHostile, NumbersAndLoneSurrogatesNobodyAskedForDoNoHarm) {
  for (const std::string odd :
       {"123456789012345678901234567890", "-123456789012345678901234567890", "1e999", "-0.0e-999", R"("\ud800")",
        R"("\udfff\ud800")", R"({"\ud800":"\ud800"})", R"([[[{"\udc00":[1e999]}]]])"}) {
    const ReadBody read =
        read_body(R"({"odd":)" + odd + R"(,"meta":{"odd":)" + odd + R"(,"attempt":2},"data":{"odd":)" + odd +
                  R"(,"event_type":"call.hangup","id":"e","payload":{"odd":)" + odd + R"(,"call_leg_id":"l","from":)" +
                  odd + R"(,"to":"t"}}})");
    EXPECT_EQ(read.head.type, "call.hangup") << odd;
    EXPECT_EQ(read.head.id, "e") << odd;
    EXPECT_EQ(read.head.leg_id, "l") << odd;
    EXPECT_EQ(read.head.attempt, 2U) << odd;
    EXPECT_EQ(read.detail.to, "t") << odd;
    EXPECT_EQ(read.detail.from, "") << odd;
  }
}

TEST(TelnyxHostile, UrlsAreJsonWhateverTheyHold) {
  for (const std::string odd : {R"("\ud800")", "1e999", R"({"\ud800":["\udc00",null]})", R"(["\u0000"])", "-0"}) {
    const std::string urls =
        read_body(with_payload(R"("recording_urls":{"a":)" + odd + R"(,"\ud800":1,"b":"u"})", "call.recording.saved"))
            .detail.urls;
    EXPECT_TRUE(is_json(urls)) << urls;
    EXPECT_NE(urls.find(R"("b":"u")"), std::string::npos) << urls;
  }
}

TEST(TelnyxHostile, NestingIsBounded) {
  const auto nested = [](std::size_t depth) {
    return with_payload(R"("call_leg_id":"l","x":)" + std::string(depth, '[') + std::string(depth, ']') +
                        R"(,"to":"t")");
  };
  EXPECT_EQ(read_body(nested(1'000)).detail.to, "t");
  EXPECT_EQ(read_body(nested(1'021)).head.leg_id, "l");
  EXPECT_EQ(read_body(nested(1'022)).head.type, kUnrecognisedType);
  EXPECT_EQ(read_body(nested(400'000)).head.type, kUnrecognisedType);
  EXPECT_EQ(read_body(std::string(1 << 20, '[')).head.type, kUnrecognisedType);
  EXPECT_EQ(read_body(std::string(1 << 20, '{')).head.type, kUnrecognisedType);
}

TEST(TelnyxHostile, NulAndControlCharactersAreNoJson) {
  EXPECT_EQ(read_body(std::string("{\"event_type\":\"a\0b\"}", 20)).head.type, kUnrecognisedType);
  EXPECT_EQ(read_body(std::string("{\"event_type\":\"a.b\"}\0", 21)).head.type, kUnrecognisedType);
  EXPECT_EQ(read_body("{\"event_type\":\"a\nb\"}").head.type, kUnrecognisedType);
  EXPECT_EQ(read_body(std::string(1, '\0')).head.type, kUnrecognisedType);
}

TEST(TelnyxHostile, LargeBodiesAreRead) {
  constexpr std::size_t kBytes = 1 << 20;
  const std::string head = R"({"data":{"event_type":"call.hangup","id":"e","payload":{"x":")",
                    tail = R"(","to":"t"}}})";
  const std::string body = head + std::string(kBytes - head.size() - tail.size(), 'x') + tail;
  EXPECT_EQ(read_body(body).detail.to, "t");
  const std::string id(kBytes - 100, 'i');
  EXPECT_EQ(read_body(R"({"data":{"event_type":"a.b","id":")" + id + R"("}})").head.id, id);
  std::string many;
  while (many.size() < kBytes) many += R"("x":1,)";
  EXPECT_EQ(read_body(with_payload(many + R"("to":"t")")).detail.to, "t");
  std::string urls;
  for (int n = 0; urls.size() < kBytes / 20; ++n) urls += "\"" + std::to_string(n) + R"(":"u",)";
  EXPECT_TRUE(is_json(
      read_body(with_payload(R"("recording_urls":{)" + urls + R"("z":null})", "call.recording.saved")).detail.urls));
}

TEST(TelnyxHostile, OneReaderReadsManyBodiesAsManyReadersDo) {
  auto random = hookledger::seeded_generator();
  const std::vector<std::string> bodies = {
      published_body("spec.call.hangup"),
      published_body("docs.v1.call_answered"),
      "not json",
      published_body("spec.call.recording.saved"),
      published_body("docs.debug-record.call.answered"),
      "{}",
      with_payload(R"("client_state":"eyJvcmdhbml6YXRpb25faWQiOiJvIn0=","from":"f")")};
  const auto reader = make_telnyx_reader();
  for (int round = 0; round < 500; ++round) {
    const std::string& body = bodies[hookledger::random_below(random, bodies.size())];
    const ReadBody one = read_body(*reader, body), other = read_body(body);
    EXPECT_EQ(one.head.id, other.head.id);
    EXPECT_EQ(one.head.type, other.head.type);
    EXPECT_EQ(one.head.occurred_at, other.head.occurred_at);
    EXPECT_EQ(one.detail.from, other.detail.from);
    EXPECT_EQ(one.detail.organization_id, other.detail.organization_id);
    EXPECT_EQ(one.detail.urls, other.detail.urls);
  }
}

TEST(TelnyxHostile, HeadAndDetailAgreeHoweverTheBodyIsDamaged) {
  // Where the head finds an event, the detail finds the same one: `from` names its envelope.
  auto random = hookledger::seeded_generator();
  const std::vector<std::string> bodies = {
      R"({"event_type":"call.hangup","id":"bare","payload":{"from":"bare"},"data":{"event_type":"call.hangup","id":"data",)"
      R"("payload":{"from":"data"}},"metadata":{"event":{"event_type":"call.hangup","id":"debug","payload":{"from":"debug"}}}})",
      published_body("spec.call.recording.saved"), published_body("docs.debug-record.call.answered"),
      published_body("docs.v1.call_answered")};
  const auto reader = make_telnyx_reader();
  std::size_t recognised = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string body = bodies[hookledger::random_below(random, bodies.size())];
    for (std::size_t n = hookledger::random_below(random, 3); n > 0; --n) {
      constexpr std::string_view kBytes = "\"{}[]:,\\ 0x\n\0\xff_.";
      const std::size_t at = hookledger::random_below(random, body.size());
      switch (hookledger::random_below(random, 3)) {
        case 0: body[at] = kBytes[hookledger::random_below(random, kBytes.size())]; break;
        case 1: body.erase(at, 1 + hookledger::random_below(random, 20)); break;
        default: body.insert(at, body.substr(hookledger::random_below(random, body.size()), 15)); break;
      }
    }
    const ReadBody read = read_body(*reader, body);
    ASSERT_FALSE(read.head.id.empty());
    ASSERT_FALSE(read.head.type.empty());
    if (read.head.type == kUnrecognisedType) continue;
    ++recognised;
    const auto names_an_envelope = [](const std::string& text) {
      return text == "bare" || text == "data" || text == "debug";
    };
    if (names_an_envelope(read.head.id) && names_an_envelope(read.detail.from)) {
      EXPECT_EQ(read.head.id, read.detail.from) << body;
    }
    EXPECT_EQ(read.detail.effect == Effect::kHangup, read.head.type == "call.hangup") << body;
    EXPECT_TRUE(read.detail.urls.empty() || is_json(read.detail.urls)) << body;
  }
  EXPECT_GT(recognised, 2'000U);
}

}  // namespace
}  // namespace hookledger
