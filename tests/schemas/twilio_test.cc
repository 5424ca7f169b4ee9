// What is read of Twilio's voice callbacks. Parameters as of twilio.com/docs/voice/twiml and /voice/api/call-resource.
#include "schemas/sources/twilio.h"

#include <gmock/gmock.h>

#include "schemas/crypto.h"
#include "schemas/json.h"
#include "schemas/record.h"
#include "tests/support/seeded.h"

namespace hookledger {
namespace {

struct ReadBody {
  EventHead head;
  EventDetail detail;
};

ReadBody read_body(EventReader& reader, const std::string& body) {
  ReadBody read{reader.head({body}), {}};
  read.detail = reader.detail({body}, read.head.type);
  return read;
}

ReadBody read_body(const std::string& body) { return read_body(*make_twilio_reader(), body); }

/// A status callback of an inbound call, as Twilio posts it; `more` overrides nothing, for the first counts.
std::string callback(const std::string& status, const std::string& sequence, const std::string& more = {}) {
  return "Called=%2B18005551212&Direction=inbound&Timestamp=Fri%2C%2017%20Mar%202023%2011%3A28%3A31%20%2B0000"
         "&CallbackSource=call-progress-events&SequenceNumber=" +
         sequence + "&CallSid=CA1&To=%2B18005551212&From=%2B14158675309&CallStatus=" + status +
         "&AccountSid=AC1&ApiVersion=2010-04-01" + more;
}

TEST(Twilio, MapsEveryStatus) {
  const std::tuple<std::string, std::string, Effect> table[] = {
      {"queued", "call.initiated", Effect::kInitiated}, {"initiated", "call.initiated", Effect::kInitiated},
      {"ringing", "call.ringing", Effect::kRinging},    {"in-progress", "call.answered", Effect::kAnswered},
      {"completed", "call.hangup", Effect::kHangup},    {"busy", "call.hangup", Effect::kHangup},
      {"failed", "call.hangup", Effect::kHangup},       {"no-answer", "call.hangup", Effect::kHangup},
      {"canceled", "call.hangup", Effect::kHangup},     {"paused", "call.status.paused", Effect::kNone},
      {"hangup", "call.status.hangup", Effect::kNone}};
  for (const auto& [status, type, effect] : table) {
    const ReadBody read = read_body(callback(status, "0"));
    EXPECT_EQ(read.head.type, type) << status;
    EXPECT_EQ(read.detail.effect, effect) << status;
    EXPECT_EQ(read.detail.hangup_cause, effect == Effect::kHangup ? status : "") << status;
    EXPECT_EQ(read.detail.hangup_source, "");
  }
}

TEST(Twilio, ReadsAStatusCallback) {
  const ReadBody read = read_body(callback("in-progress", "2"));
  EXPECT_EQ(read.head.id, "CA1/2/call-progress-events");
  EXPECT_EQ(read.head.call_id, "CA1");
  EXPECT_EQ(read.head.leg_id, "CA1");
  EXPECT_EQ(format_time(*read.head.occurred_at), "2023-03-17T11:28:31.000002Z");
  EXPECT_EQ(read.head.attempt, 0U);
  EXPECT_EQ(read.detail.control_id, "CA1");
  EXPECT_EQ(read.detail.direction, "incoming");
  EXPECT_EQ(read.detail.from, "+14158675309");
  EXPECT_EQ(read.detail.to, "+18005551212");
  EXPECT_EQ(read.detail.organization_id, "");
  EXPECT_TRUE(read.detail.by_subscription);
  EXPECT_FALSE(read.detail.dialled);
}

TEST(Twilio, AChildBelongsToItsParentsCall) {
  const ReadBody read = read_body("ParentCallSid=CA0&Direction=outbound-dial&" + callback("in-progress", "2"));
  EXPECT_EQ(read.head.call_id, "CA0");
  EXPECT_EQ(read.head.leg_id, "CA1");
  EXPECT_EQ(read.detail.direction, "outgoing");
  EXPECT_TRUE(read.detail.dialled);
  EXPECT_FALSE(read_body("ParentCallSid=CA1&" + callback("in-progress", "2")).detail.dialled);
  EXPECT_EQ(read_body("ParentCallSid=&" + callback("in-progress", "2")).head.call_id, "CA1");
}

TEST(Twilio, MapsDirections) {
  const auto direction = [](const std::string& text) {
    return read_body("Direction=" + text + "&" + callback("ringing", "1")).detail.direction;
  };
  EXPECT_EQ(direction("inbound"), "incoming");
  EXPECT_EQ(direction("outbound-api"), "outgoing");
  EXPECT_EQ(direction("outbound-dial"), "outgoing");
  EXPECT_EQ(direction("sideways"), "");
}

TEST(Twilio, TheSequenceNumberOrdersTheEventsOfASecond) {
  const auto micros = [](const std::string& sequence) {
    return read_body(callback("ringing", sequence)).head.occurred_at->time_since_epoch().count() % 1'000'000;
  };
  EXPECT_EQ(micros("0"), 0);
  EXPECT_EQ(micros("11"), 11);
  EXPECT_EQ(micros("999999"), 999'999);
  EXPECT_EQ(micros("1000000"), 999'999);
  EXPECT_EQ(micros("18446744073709551615"), 999'999);
  EXPECT_EQ(micros("x"), 0);
}

TEST(Twilio, NamesAnEventByWhatIsSigned) {
  const auto id = [](const std::string& body) { return read_body(body).head.id; };
  EXPECT_EQ(id(callback("ringing", "007")), "CA1/7/call-progress-events");
  for (const std::string sequence : {"", "-1", "1.5", "18446744073709551616", "%201"}) {
    const std::string body = callback("ringing", sequence);
    EXPECT_EQ(id(body), "blake2b:" + blake2b_256_hex(body)) << sequence;
  }
  EXPECT_EQ(id("CallSid=CA1&CallStatus=ringing&SequenceNumber=1"), "CA1/1/");
}

TEST(Twilio, AnEventWithoutAReadableTimeHasNone) {
  EXPECT_EQ(read_body("CallSid=CA1&CallStatus=ringing&SequenceNumber=1").head.occurred_at, std::nullopt);
  EXPECT_EQ(read_body("Timestamp=2023-03-17T11:28:31Z&" + callback("ringing", "1")).head.occurred_at, std::nullopt);
}

TEST(Twilio, ARecordingStatusCallbackSavesARecording) {
  const std::string body =
      "RecordingSource=DialVerb&RecordingSid=RE1&RecordingUrl=https%3A%2F%2Fapi.example%2FRE1&RecordingStatus=completed"
      "&RecordingChannels=2&CallSid=CA1&RecordingDuration=7&AccountSid=AC1";
  const ReadBody read = read_body(body);
  EXPECT_EQ(read.head.type, "call.recording.saved");
  EXPECT_EQ(read.head.id, "blake2b:" + blake2b_256_hex(body));
  EXPECT_EQ(read.head.call_id, "CA1");
  EXPECT_EQ(read.detail.effect, Effect::kRecording);
  EXPECT_EQ(read.detail.recording_id, "RE1");
  EXPECT_EQ(read.detail.urls, R"({"url":"https://api.example/RE1"})");
  const ReadBody absent = read_body("RecordingStatus=absent&" + body);
  EXPECT_EQ(absent.head.type, "call.recording.status.absent");
  EXPECT_EQ(absent.detail.effect, Effect::kNone);
  EXPECT_EQ(absent.detail.recording_id, "");
}

TEST(Twilio, ACompletedCallMayCarryItsRecording) {
  const std::string recording = "&RecordingSid=RE1&RecordingUrl=https%3A%2F%2Fapi.example%2FRE1&RecordingDuration=7";
  const ReadBody read = read_body(callback("completed", "3", recording));
  EXPECT_EQ(read.head.type, "call.hangup");
  EXPECT_EQ(read.detail.effect, Effect::kHangup);
  EXPECT_EQ(read.detail.hangup_cause, "completed");
  EXPECT_EQ(read.detail.recording_id, "RE1");
  EXPECT_EQ(read.detail.urls, R"({"url":"https://api.example/RE1"})");
  EXPECT_EQ(read_body(callback("in-progress", "3", recording)).detail.recording_id, "");
}

TEST(Twilio, ReadsTheSameNamesFromJson) {
  const ReadBody read = read_body(
      R"( {"CallSid":"CA1","ParentCallSid":"CA0","CallStatus":"busy","SequenceNumber":"2","CallbackSource":"s","x":{"CallSid":"no"},)"
      R"("Timestamp":"Fri, 17 Mar 2023 11:28:31 +0000","Direction":"outbound-dial","From":"\u002b1","To":7,"To":"+2"} )");
  EXPECT_EQ(read.head.id, "CA1/2/s");
  EXPECT_EQ(read.head.type, "call.hangup");
  EXPECT_EQ(read.head.call_id, "CA0");
  EXPECT_EQ(format_time(*read.head.occurred_at), "2023-03-17T11:28:31.000002Z");
  EXPECT_EQ(read.detail.from, "+1");
  EXPECT_EQ(read.detail.to, "");  // Of duplicate keys the first counts.
}

TEST(Twilio, BodiesThatTellOfNoCallAreKeptAsUnrecognised) {
  std::string too_many = callback("ringing", "1");
  for (int n = 0; n < 1'000; ++n) too_many += "&a";
  const std::vector<std::string> bodies = {"",
                                           "CallStatus=ringing",
                                           "CallSid=CA1",
                                           "CallSid=&CallStatus=ringing",
                                           "CallSid=CA1&CallStatus=%",
                                           "CallSid=%ff&CallStatus=ringing",
                                           "CallSid=CA1&CallStatus=%ff",
                                           "MessageSid=SM1&MessageStatus=sent",
                                           R"([{"CallSid":"CA1","CallStatus":"ringing"}])",
                                           R"({"CallSid":"CA1")",
                                           R"({"CallSid":1,"CallStatus":"ringing"})",
                                           std::string(1 << 20, '['),
                                           std::string(1 << 20, '&'),
                                           too_many};
  for (const std::string& body : bodies) {
    const ReadBody read = read_body(body);
    EXPECT_EQ(read.head.type, kUnrecognisedType) << body.substr(0, 80);
    EXPECT_EQ(read.head.id, "blake2b:" + blake2b_256_hex(body));
    EXPECT_EQ(read.head.call_id, "");
  }
}

TEST(Twilio, OfARepeatedParameterTheFirstCounts) {
  EXPECT_EQ(read_body("From=a&From=b&" + callback("ringing", "1")).detail.from, "a");
  EXPECT_EQ(read_body("From=%ff&From=b&" + callback("ringing", "1")).detail.from, "");
}

TEST(Twilio, DamagedBodiesGiveAHeadAndADetailThatAgree) {
  auto random = seeded_generator();
  const auto reader = make_twilio_reader();
  std::size_t recognised = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string body = "ParentCallSid=CA0&" + callback("completed", "3", "&RecordingSid=RE1&RecordingUrl=u");
    for (std::size_t n = random_below(random, 4); n > 0; --n) {
      constexpr std::string_view kBytes = "&=%+0a\"{}\xff";
      const std::size_t at = random_below(random, body.size());
      switch (random_below(random, 3)) {
        case 0: body[at] = kBytes[random_below(random, kBytes.size())]; break;
        case 1: body.erase(at, 1 + random_below(random, 20)); break;
        default: body.insert(at, body.substr(random_below(random, body.size()), 15)); break;
      }
    }
    const ReadBody read = read_body(*reader, body);
    ASSERT_FALSE(read.head.id.empty());
    if (read.head.type == kUnrecognisedType) continue;
    ++recognised;
    EXPECT_EQ(read.detail.effect == Effect::kHangup, read.head.type == "call.hangup") << body;
    EXPECT_EQ(read.detail.control_id, read.head.leg_id) << body;
    EXPECT_EQ(read.detail.dialled, read.head.call_id != read.head.leg_id) << body;
    EXPECT_TRUE(read.detail.urls.empty() || is_json(read.detail.urls)) << body;
  }
  EXPECT_GT(recognised, 2'000U);
}

}  // namespace
}  // namespace hookledger
