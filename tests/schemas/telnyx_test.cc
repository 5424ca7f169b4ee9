#include "schemas/sources/telnyx.h"

#include <gmock/gmock.h>

#include "schemas/crypto.h"
#include "schemas/record.h"
#include "schemas/text.h"
#include "tests/schemas/telnyx_bodies.h"

namespace hookledger {
namespace {

using testing::enveloped;
using testing::published_body;
using testing::read_body;
using testing::ReadBody;
using testing::with_payload;

constexpr auto kEventId = "0ccc7b54-4df3-4bca-a65a-3da1ecc777f0";

std::string hash_id(const std::string& body) { return "blake2b:" + blake2b_256_hex(body); }

std::string time_of(const EventHead& head) { return head.occurred_at ? format_time(*head.occurred_at) : ""; }

TEST(TelnyxShapes, Enveloped) {
  const ReadBody read = read_body(published_body("docs.call.initiated.with-meta"));
  EXPECT_EQ(read.head.id, kEventId);
  EXPECT_EQ(read.head.type, "call.initiated");
  EXPECT_EQ(read.head.call_id, "428c31b6-abf3-3bc1-b7f4-5013ef9657c1");
  EXPECT_EQ(read.head.leg_id, "d14dbcee-880b-11eb-8204-02420a0f7568");
  EXPECT_EQ(time_of(read.head), "2018-02-02T22:25:27.521992Z");
  EXPECT_EQ(read.head.attempt, 1U);
  EXPECT_EQ(read.detail.effect, Effect::kInitiated);
  EXPECT_EQ(read.detail.control_id, "d14dbcee-880b-11eb-8204-02420a0f7568");
  EXPECT_EQ(read.detail.direction, "incoming");
  EXPECT_EQ(read.detail.from, "+12025550133");
  EXPECT_EQ(read.detail.to, "+12025550131");
  EXPECT_EQ(read.detail.organization_id, "");
}

TEST(TelnyxShapes, Bare) {
  const ReadBody read = read_body(published_body("sdk.conference.floor.changed.unwrapped"));
  EXPECT_EQ(read.head.id, kEventId);
  EXPECT_EQ(read.head.type, "conference.floor.changed");
  EXPECT_EQ(time_of(read.head), "2018-02-02T22:25:27.521000Z");
  EXPECT_EQ(read.head.attempt, 0U);
  EXPECT_EQ(read.detail.effect, Effect::kNone);
}

TEST(TelnyxShapes, WithWebhookId) {
  const ReadBody read = read_body(published_body("docs.portal-record.call.initiated"));
  EXPECT_EQ(read.head.id, "52c959b6-f6a0-4ccc-ad1f-b76fba2efc6d");
  EXPECT_EQ(read.head.type, "call.initiated");
  EXPECT_EQ(time_of(read.head), "2025-09-02T09:17:43.976123Z");  // The payload's, not `created_at`.
  EXPECT_EQ(read.detail.direction, "outgoing");
  // `id` goes before it, and inside an envelope it means nothing.
  EXPECT_EQ(read_body(R"({"event_type":"a.b","id":"i","webhook_id":"w"})").head.id, "i");
  const std::string body = R"({"data":{"event_type":"a.b","webhook_id":"w"}})";
  EXPECT_EQ(read_body(body).head.id, hash_id(body));
}

TEST(TelnyxShapes, V1) {
  const ReadBody read = read_body(published_body("docs.v1.call_answered"));
  EXPECT_EQ(read.head.id, kEventId);
  EXPECT_EQ(read.head.type, "call.answered");
  EXPECT_EQ(time_of(read.head), "2018-02-02T22:25:27.521992Z");
  EXPECT_EQ(read.detail.effect, Effect::kAnswered);
  EXPECT_EQ(time_of(read_body(R"({"event_type":"call_bridged","created_at":"2018-02-02T22:25:27Z"})").head),
            "2018-02-02T22:25:27.000000Z");
}

TEST(TelnyxShapes, V1NamesBecomeTheDottedOnes) {
  for (const auto& [v1, dotted] :
       {std::pair("call_initiated", "call.initiated"), std::pair("call_hangup", "call.hangup"),
        std::pair("call_recording_saved", "call.recording.saved"),
        std::pair("call_machine_premium_detection_ended", "call.machine.premium.detection.ended"),
        std::pair("call_ai_gather_ended", "call.ai_gather.ended"),
        std::pair("call_ai_gather_partial_results", "call.ai_gather.partial_results"),
        std::pair("call_ai_gather_message_history_updated", "call.ai_gather.message_history_updated"),
        std::pair("call_conversation_insights_generated", "call.conversation_insights.generated"),
        std::pair("call_deepfake_detection_result", "call.deepfake_detection.result"),
        std::pair("call_deepfake_detection_error", "call.deepfake_detection.error"),
        std::pair("call_sip_info_received", "call.sip_info.received"),
        std::pair("messaging_hosted_numbers_orders_created", "messaging_hosted_numbers_orders.created"),
        std::pair("messaging_hosted_numbers_orders_internal_transfer_auto_approved",
                  "messaging_hosted_numbers_orders.internal_transfer_auto_approved"),
        std::pair("number_order_complete", "number_order.complete"),
        std::pair("session_status_changed", "session.status_changed"),
        std::pair("call_something_new", "call.something.new"), std::pair("_", "."),
        std::pair("nounderscore", "nounderscore")}) {
    EXPECT_EQ(telnyx_dotted_name(v1), dotted);
    EXPECT_EQ(read_body(R"({"id":"e","event_type":")" + std::string(v1) + "\"}").head.type, dotted);
  }
}

TEST(TelnyxShapes, OnlyV1NamesAreMapped) {
  EXPECT_EQ(read_body(R"({"id":"e","event_type":"call.ai_gather.ended"})").head.type, "call.ai_gather.ended");
  EXPECT_EQ(read_body(R"({"data":{"id":"e","event_type":"call_hangup"}})").head.type, "call_hangup");
}

TEST(TelnyxShapes, DebugRecord) {
  const ReadBody read = read_body(published_body("docs.debug-record.call.answered"));
  EXPECT_EQ(read.head.id, kEventId);
  EXPECT_EQ(read.head.type, "call.answered");
  EXPECT_EQ(read.head.call_id, "428c31b6-abf3-3bc1-b7f4-5013ef9657c1");
  EXPECT_EQ(time_of(read.head), "2019-11-10T22:26:27.521992Z");
  EXPECT_EQ(read.head.attempt, 1U);
  EXPECT_EQ(read.detail.from, "+8005550199");
  EXPECT_EQ(
      time_of(read_body(R"({"event_timestamp":"2019-11-10T22:26:27Z","metadata":{"event":{"event_type":"a"}}})").head),
      "2019-11-10T22:26:27.000000Z");
}

TEST(TelnyxShapes, EveryPublishedWebhookHasItsType) {
  std::size_t events = 0;
  for (const auto& file : std::filesystem::directory_iterator(HOOKLEDGER_TELNYX_DIR)) {
    const std::string name = file.path().stem();
    if (file.path().extension() != ".json") continue;
    const ReadBody read = read_body(published_body(name));
    const bool answer_of_an_api = name == "spec.webhook_delivery" || name == "spec.call_events" ||
                                  name == "spec.call" || name == "spec.active_calls";
    if (answer_of_an_api) {
      EXPECT_EQ(read.head.type, kUnrecognisedType) << name;
      continue;
    }
    ++events;
    EXPECT_NE(name.find(read.head.type == "call.answered" && name.find("v1") != std::string::npos ? "call_answered"
                                                                                                  : read.head.type),
              std::string::npos)
        << name << " is read as " << read.head.type;
    EXPECT_FALSE(read.head.id.starts_with("blake2b:")) << name;
    EXPECT_TRUE(read.head.occurred_at) << name;
  }
  EXPECT_GE(events, 30U);
}

TEST(TelnyxShapes, AnEnvelopeGoesBeforeWhatStandsBesideIt) {
  const ReadBody read =
      read_body(R"({"event_type":"bare.one","id":"b","metadata":{"event":{"event_type":"debug.one"}},)"
                R"("data":{"event_type":"enveloped.one","id":"d"}})");
  EXPECT_EQ(read.head.type, "enveloped.one");
  EXPECT_EQ(read.head.id, "d");
  EXPECT_EQ(read_body(R"({"event_type":"bare.one","id":"b","data":[1]})").head.type, "bare.one");
}

TEST(TelnyxShapes, SignedButNotUnderstood) {
  for (const std::string body :
       {"", " ", "null", "[]", "\"text\"", "{}", "{", R"({"data":{}})", R"({"data":{"event_type":""}})",
        R"({"data":{"event_type":7}})", R"({"event_type":null})", R"({"data":{"event_type":"a.b"}} trailing)",
        R"({"data":{"event_type":"a.b"}}{})", "\xEF\xBB\xBF{\"event_type\":\"a.b\"}", "{\"event_type\":\"a\xff\"}",
        R"({"campaignId":"c","type":"t"})"}) {
    const ReadBody read = read_body(body);
    EXPECT_EQ(read.head.type, kUnrecognisedType) << body;
    EXPECT_EQ(read.head.id, hash_id(body)) << body;
    EXPECT_EQ(read.head.call_id, "") << body;
    EXPECT_FALSE(read.head.occurred_at) << body;
    EXPECT_EQ(read.head.attempt, 0U) << body;
  }
}

TEST(TelnyxHead, AnEventWithoutAnIdIsNamedByItsBytes) {
  for (const std::string id :
       {"", R"("id":"",)", R"("id":7,)", R"("id":null,)", R"("id":{"id":"x"},)", R"("id":"\ud800",)"}) {
    const std::string body = R"({"data":{)" + id + R"("event_type":"call.hangup"}})";
    EXPECT_EQ(read_body(body).head.id, hash_id(body)) << body;
    EXPECT_EQ(read_body(body).head.type, "call.hangup") << body;
  }
}

TEST(TelnyxHead, TimesAreReadInTheirOrder) {
  const std::string at = R"("occurred_at":"2026-02-08T10:00:00Z")", bad = R"("occurred_at":"yesterday")";
  const std::string later = R"("occurred_at":"2026-02-08T11:00:00+00:00")";
  const std::string created = R"("created_at":"2026-02-08t12:00:00.1234569z")";
  EXPECT_EQ(time_of(read_body(enveloped(at + "," + created, later)).head), "2026-02-08T10:00:00.000000Z");
  EXPECT_EQ(time_of(read_body(enveloped(bad + "," + created, later)).head), "2026-02-08T11:00:00.000000Z");
  EXPECT_EQ(time_of(read_body(enveloped(created, bad)).head), "2026-02-08T12:00:00.123456Z");
  EXPECT_EQ(time_of(read_body(enveloped(bad, bad)).head), "");
  EXPECT_EQ(time_of(read_body(enveloped(R"("occurred_at":1770544800)")).head), "");
  EXPECT_EQ(time_of(read_body(enveloped(R"("event_timestamp":"2026-02-08T10:00:00Z")")).head), "");
}

TEST(TelnyxHead, AttemptIsANumberOrAString) {
  const auto attempt = [](const std::string& json) {
    const ReadBody read = read_body(R"({"meta":{"attempt":)" + json + R"(},"data":{"event_type":"a.b","id":"e"}})");
    EXPECT_EQ(read.head.type, "a.b") << json;
    return read.head.attempt;
  };
  EXPECT_EQ(attempt("2"), 2U);
  EXPECT_EQ(attempt("2 "), 2U);
  EXPECT_EQ(attempt(R"("3")"), 3U);
  EXPECT_EQ(attempt("4294967295"), 4'294'967'295U);
  for (const auto none : {"0", "4294967296", "-1", "1.5", "1e3", R"("")", R"(" 2")", R"("x")", "null", "true", "[1]",
                          "{}", R"({"attempt":2})", "123456789012345678901234567890", R"("\ud800")"}) {
    EXPECT_EQ(attempt(none), 0U) << none;
  }
}

TEST(TelnyxHead, CallIdIsTheSessionElseItsCreatorElseTheLeg) {
  const std::string session = R"("call_session_id":"s")", creator = R"("creator_call_session_id":"c")";
  const std::string leg = R"("call_leg_id":"l")";
  const auto call = [](const std::string& payload) { return read_body(with_payload(payload)).head.call_id; };
  EXPECT_EQ(call(leg + "," + creator + "," + session), "s");
  EXPECT_EQ(call(leg + "," + creator), "c");
  EXPECT_EQ(call(leg + R"(,"call_session_id":"","creator_call_session_id":null)"), "l");
  EXPECT_EQ(call(R"("call_control_id":"x")"), "");
  EXPECT_EQ(read_body(with_payload(session)).head.leg_id, "");
}

TEST(TelnyxDetail, OnlyANonEmptyStringIsAnAttribute) {
  for (const std::string value :
       {R"("")", "null", "7", "true", R"({"phone_number":"+1"})", R"(["+1"])", R"("\udc00x")"}) {
    const ReadBody read =
        read_body(with_payload(R"("from":)" + value + R"(,"to":)" + value + R"(,"direction":)" + value +
                               R"(,"call_control_id":)" + value + R"(,"hangup_cause":)" + value));
    EXPECT_EQ(read.head.type, "call.hangup") << value;
    for (const std::string& text :
         {read.detail.from, read.detail.to, read.detail.direction, read.detail.control_id, read.detail.hangup_cause}) {
      EXPECT_EQ(text, "") << value;
    }
  }
  const ReadBody message = read_body(published_body("spec.message.received"));
  EXPECT_EQ(message.detail.from, "");
  EXPECT_EQ(message.detail.direction, "inbound");
  EXPECT_EQ(message.head.call_id, "");
}

TEST(TelnyxDetail, HangupAndRecordingFieldsBelongToTheirEvents) {
  const std::string payload = R"("hangup_cause":"c","hangup_source":"s","sip_hangup_cause":"200","recording_id":"r",)"
                              R"("channels":"dual","recording_started_at":"2026-02-08T10:00:00Z",)"
                              R"("recording_ended_at":"2026-02-08T10:00:01Z","recording_urls":{"mp3":"u"})";
  const EventDetail hangup = read_body(with_payload(payload, "call.hangup")).detail;
  EXPECT_EQ(hangup.effect, Effect::kHangup);
  EXPECT_EQ(hangup.hangup_cause + hangup.hangup_source + hangup.sip_hangup_cause, "cs200");
  EXPECT_EQ(hangup.recording_id + hangup.channels + hangup.urls, "");
  for (const auto type : {"call.recording.saved", "conference.recording.saved"}) {
    const EventDetail saved = read_body(with_payload(payload, type)).detail;
    EXPECT_EQ(saved.effect, Effect::kRecording);
    EXPECT_EQ(saved.hangup_cause + saved.hangup_source + saved.sip_hangup_cause, "");
    EXPECT_EQ(saved.recording_id + saved.channels + saved.urls, R"(rdual{"mp3":"u"})");
    EXPECT_EQ(format_time(saved.recording_started_at.value()), "2026-02-08T10:00:00.000000Z");
    EXPECT_EQ(format_time(saved.recording_ended_at.value()), "2026-02-08T10:00:01.000000Z");
  }
  EXPECT_EQ(read_body(with_payload(payload, "call.recording.error")).detail.urls, "");
}

TEST(TelnyxDetail, UrlsAreWithoutNullsElseThePublicOnes) {
  const auto urls = [](const std::string& payload) {
    return read_body(with_payload(payload, "call.recording.saved")).detail.urls;
  };
  const std::string open = R"("public_recording_urls":{"wav":"p"})";
  EXPECT_EQ(urls(R"("recording_urls":{"mp3":"u","wav":null},)" + open), R"({"mp3":"u"})");
  EXPECT_EQ(urls(R"("recording_urls":{"mp3":null},)" + open), R"({"wav":"p"})");
  EXPECT_EQ(urls(R"("recording_urls":{},)" + open), R"({"wav":"p"})");
  EXPECT_EQ(urls(R"("recording_urls":"none",)" + open), R"({"wav":"p"})");
  EXPECT_EQ(urls(R"("recording_urls":null,)" + open), R"({"wav":"p"})");
  EXPECT_EQ(urls(open), R"({"wav":"p"})");
  EXPECT_EQ(urls(R"("public_recording_urls":{"wav":null})"), "{}");
  EXPECT_EQ(urls(""), "{}");
  EXPECT_EQ(urls(R"("recording_urls":{"mp3":"first","mp3":"second","wav":null,"wav":"late"})"), R"({"mp3":"first"})");
  EXPECT_EQ(urls(R"("recording_urls":{"a":"x y\u0041","b":1e999,"c":[1, {"d":null}],"e":{ "f" : false }})"),
            R"({"a":"x yA","b":1e999,"c":[1,{"d":null}],"e":{"f":false}})");
}

TEST(TelnyxDetail, OrganisationComesFromTheClientState) {
  const auto reader = make_telnyx_reader();
  const auto organization = [&](const std::string& state) {
    return read_body(*reader, with_payload(R"("client_state":")" + state + "\"")).detail.organization_id;
  };
  const auto of_text = [&](const std::string& text) { return organization(encode_base64(text)); };
  EXPECT_EQ(of_text(R"({"user":7,"organization_id":"org"})"), "org");
  EXPECT_EQ(of_text(R"({"organization_id":"first","organization_id":"second"})"), "first");
  EXPECT_EQ(of_text(R"({"organization_id":7,"organization_id":"second"})"), "");
  EXPECT_EQ(of_text(R"({"organization_\u0069d":"escaped"})"), "escaped");
  for (const std::string text :
       {"{}", R"({"organization_id":""})", R"({"organization_id":null})", R"(["organization_id"])", "have a nice day",
        R"({"organization_id":"cut)", R"({"nested":{"organization_id":"wrong"}})", "\xff\xfe", "null", "7"}) {
    EXPECT_EQ(of_text(text), "") << text;
  }
  const std::string good = encode_base64(R"({"organization_id":"or"})");  // Ends without padding.
  ASSERT_FALSE(good.ends_with('='));
  const std::string padded = encode_base64(R"({"organization_id":"org"})");
  ASSERT_TRUE(padded.ends_with('='));
  EXPECT_EQ(organization(padded), "org");
  EXPECT_EQ(organization(padded.substr(0, padded.size() - 1)), "");
  EXPECT_EQ(organization(padded + "="), "");
  ASSERT_TRUE(padded.ends_with("fQ=="));
  EXPECT_EQ(organization(padded.substr(0, padded.size() - 4) + "fR=="), "org");  // Bits that nobody reads.
  EXPECT_EQ(organization(" " + good), "");
  EXPECT_EQ(organization("aGF2ZSBhIG5pY2UgZGF5ID1d"), "");
  EXPECT_EQ(organization(good), "or");  // What was remembered between is the last one only.
  EXPECT_EQ(organization(good), "or");
  for (const auto other : {"null", "7", "{}", R"("")"}) {
    EXPECT_EQ(read_body(*reader, with_payload(R"("client_state":)" + std::string(other))).detail.organization_id, "");
  }
}

}  // namespace
}  // namespace hookledger
