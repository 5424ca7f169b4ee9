#include "replay/recovery/telnyx_answers.h"

#include <fstream>
#include <gmock/gmock.h>
#include <sstream>

#include "schemas/sources/telnyx.h"

namespace hookledger {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string example(const std::string& name) {
  std::ifstream file(std::string(HOOKLEDGER_TELNYX_DIR) + "/" + name);
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_FALSE(text.str().empty()) << name;
  return text.str();
}

/// The leg of the provider's example.
const LegIds kAsked{.leg_id = "2dc6fc34-f9e0-11ea-b68e-02420a0f7768",
                    .control_id = "v3:MdI91X4lWFEs7IgbBEOT9M4AigoY08M0WWZFISt1Yw2axZ_IiE4pqg",
                    .call_id = ""};

FetchedEvent only(const std::optional<EventPage>& page) {
  EXPECT_TRUE(page);
  EXPECT_THAT(page->events, SizeIs(1));
  return page->events.at(0);
}

TEST(TelnyxAnswers, TheProvidersExampleOfADelivery) {
  const auto page = read_webhook_deliveries(example("spec.webhook_delivery.json"));
  const FetchedEvent event = only(page);
  EXPECT_EQ(event.id, "C9C0797E-901D-4349-A33C-C2C8F31A92C2") << "the webhook's id, not the delivery's";
  EXPECT_EQ(event.type, "call.initiated") << "its old name is call_initiated";
  EXPECT_EQ(event.occurred_at, parse_time("2020-08-10T13:02:01.000Z"));
  EXPECT_EQ(event.payload, R"({"useful":"information"})");
  EXPECT_EQ(page->pages, 1u);
}

TEST(TelnyxAnswers, TheProvidersExampleOfACallEvent) {
  const FetchedEvent event = only(read_call_events(example("spec.call_events.json")));
  EXPECT_EQ(event.id, "");
  EXPECT_EQ(event.type, "call.hangup");
  EXPECT_EQ(event.leg_id, "308fe500-5213-11e9-ace7-02420a0f0668");
  EXPECT_EQ(event.call_id, "308fec30-5213-11e9-9d3f-02420a0f0668");
  EXPECT_EQ(event.occurred_at, parse_time("2019-03-29T11:10:19.127783Z"));
}

TEST(TelnyxAnswers, ADebugRecordHoldsTheRawEvent) {
  const FetchedEvent event =
      only(read_call_events(R"({"data":[)" + example("docs.debug-record.call.answered.json") + "]}"));
  EXPECT_EQ(event.id, "0ccc7b54-4df3-4bca-a65a-3da1ecc777f0");
  EXPECT_EQ(event.type, "call.answered");
  EXPECT_EQ(event.call_id, "428c31b6-abf3-3bc1-b7f4-5013ef9657c1");
  const EventHead head = make_telnyx_reader()->head({.bytes = recovered_body(event)});
  EXPECT_EQ(head.id, event.id);
  EXPECT_EQ(head.leg_id, event.leg_id);
}

TEST(TelnyxAnswers, WebhooksInAllTheirShapes) {
  const std::string bare = R"({"event_type":"call.hangup","id":"e","occurred_at":"2026-02-08T10:00:00Z",)"
                           R"("payload":{"call_leg_id":"l","call_session_id":"c"}})";
  const auto quoted = [](std::string text) {
    std::string out = "\"";
    for (const char c : text) out += c == '"' ? std::string("\\\"") : std::string(1, c);
    return out + "\"";
  };
  const std::string portal =
      R"({"event_type":"call.hangup","webhook_id":"e","created_at":"2026-02-08T10:00:01Z",)"
      R"("payload":{"call_leg_id":"l","call_session_id":"c","occurred_at":"2026-02-08T10:00:00Z"}})";
  for (const std::string& webhook : {bare, R"({"data":)" + bare + R"(,"meta":{}})", quoted(bare), portal}) {
    const FetchedEvent event = only(read_webhook_deliveries(R"({"data":[{"webhook":)" + webhook + "}]}"));
    EXPECT_EQ(event.id, "e") << webhook;
    EXPECT_EQ(event.type, "call.hangup");
    EXPECT_EQ(event.leg_id, "l");
    EXPECT_EQ(event.call_id, "c");
    EXPECT_EQ(event.occurred_at, parse_time("2026-02-08T10:00:00Z"));
  }
}

TEST(TelnyxAnswers, WhatStandsBesideARawEventIsPutIntoIt) {
  const auto page = read_call_events(
      R"({"data":[{"name":"call.hangup","type":"webhook","call_leg_id":"l","call_session_id":"c",)"
      R"("event_timestamp":"2026-02-08T10:00:00Z","metadata":{"event":{"id":"e","payload":{"call_leg_id":null,"to":"x"}}}}]})");
  const EventHead head = make_telnyx_reader()->head({.bytes = recovered_body(only(page))});
  EXPECT_EQ(head.id, "e");
  EXPECT_EQ(head.type, "call.hangup");
  EXPECT_EQ(head.leg_id, "l");
  EXPECT_EQ(head.call_id, "c");
}

TEST(TelnyxAnswers, CommandsAreNoEventsAndWhatCannotBeReadIsCounted) {
  const auto page = read_call_events(
      R"({"data":[{"name":"answer","type":"command","call_leg_id":"l"},7,null,{},{"name":"call.hangup"},)"
      R"({"name":"call.hangup","call_leg_id":"l","metadata":"no object","event_timestamp":17}],"meta":{"total_pages":"3"}})");
  ASSERT_TRUE(page);
  EXPECT_EQ(page->items, 6u);
  EXPECT_EQ(page->unreadable, 4u);
  EXPECT_THAT(page->events, SizeIs(1));
  EXPECT_EQ(page->pages, 3u);
}

TEST(TelnyxAnswers, WhatIsNoPageIsNothing) {
  for (const char* text :
       {"", "{}", "[]", "null", R"({"data":{}})", R"({"data":null})", R"({"errors":[]})", "{\"data\":["}) {
    EXPECT_FALSE(read_webhook_deliveries(text)) << text;
    EXPECT_FALSE(read_call_events(text)) << text;
    EXPECT_FALSE(read_active_calls(text)) << text;
  }
  EXPECT_THAT(read_call_events(R"({"data":[]})")->events, IsEmpty());
}

TEST(TelnyxAnswers, ALegHasEndedOnlyWithTheTimeOfItsEnd) {
  const LegState ended = read_leg_state(example("spec.call.json"), kAsked);
  EXPECT_EQ(ended.liveness, Liveness::kEnded);
  EXPECT_EQ(ended.ended_at, parse_time("2019-01-23T18:11:52.574Z"));
  EXPECT_EQ(read_leg_state(R"({"data":{"is_alive":true}})", kAsked).liveness, Liveness::kAlive);
  for (const char* text :
       {"", "{}", R"({"data":{"is_alive":false}})", R"({"data":{"is_alive":false,"end_time":null}})",
        R"({"data":{"is_alive":false,"end_time":"soon"}})", R"({"data":{"end_time":"2019-01-23T18:11:52Z"}})",
        R"({"data":{"is_alive":"no","end_time":"2019-01-23T18:11:52Z"}})", R"({"data":[]})"}) {
    EXPECT_EQ(read_leg_state(text, kAsked).liveness, Liveness::kUnknown) << text;
  }
}

TEST(TelnyxAnswers, NothingIsKnownOfALegFromAnAnswerAboutAnother) {
  const std::string answer = example("spec.call.json");
  EXPECT_EQ(read_leg_state(answer, {"another", kAsked.control_id, ""}).liveness, Liveness::kUnknown);
  EXPECT_EQ(read_leg_state(answer, {kAsked.leg_id, "v3:another", ""}).liveness, Liveness::kUnknown);
  const std::string alive = R"({"data":{"is_alive":true,"call_leg_id":"another"}})";
  EXPECT_EQ(read_leg_state(alive, kAsked).liveness, Liveness::kUnknown);
}

TEST(TelnyxAnswers, ActiveCallsSayWhereTheNextPageBegins) {
  const auto page = read_active_calls(example("spec.active_calls.json"));
  ASSERT_TRUE(page);
  ASSERT_THAT(page->legs, SizeIs(1));
  EXPECT_EQ(page->legs[0].leg_id, "2dc6fc34-f9e0-11ea-b68e-02420a0f7768");
  EXPECT_EQ(page->after.substr(0, 3), "v1:");
  for (const char* meta : {R"({"cursors":{"after":null}})", R"({"cursors":{}})", "{}", "null", "7"}) {
    EXPECT_EQ(read_active_calls(std::string(R"({"data":[],"meta":)") + meta + "}")->after, "") << meta;
  }
}

TEST(TelnyxAnswers, MoreThanAPageIsNoPage) {
  const auto list = [](std::size_t items) {
    std::string json = R"({"data":[0)";
    for (std::size_t i = 1; i < items; ++i) json += ",0";
    return json + "]}";
  };
  EXPECT_EQ(read_call_events(list(1'000)).value().unreadable, 1'000U);
  EXPECT_FALSE(read_call_events(list(1'001)));
  EXPECT_FALSE(read_active_calls(list(1'001)));
}

}  // namespace
}  // namespace hookledger
