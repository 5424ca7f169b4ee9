#include <gmock/gmock.h>

#include "schemas/text.h"
#include "tests/replay/evil_call.h"
#include "tests/replay/example_call.h"
#include "tests/support/seeded.h"

namespace hookledger::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class TimelineJsonTest : public ::testing::Test {
 protected:
  /// The one record of a call with this body.
  std::string record_with(const std::string& body) {
    history.append(body, {.at = 1s});
    return json_of(history.read().value());
  }

  CallHistory history;
};

TEST_F(TimelineJsonTest, MembersStandInTheOrderOfTheContract) {
  const std::string body = R"({"data":{"event_type":"call.hangup","id":"e1","occurred_at":"2026-02-08T10:15:31Z",)"
                           R"("payload":{"call_session_id":"call-1","call_leg_id":"leg"}}})";
  const std::string json = record_with(body);
  EXPECT_THAT(json,
              HasSubstr(R"("records":[{"partition":0,"offset":0,"id":"e1","source":"telnyx",)"
                        R"("telemetry":false,"device_id":null,"type":"call.hangup","leg_id":"leg",)"
                        R"("occurred_at":"2026-02-08T10:15:31.000000Z","received_at":"2026-02-08T10:15:31.040000Z",)"
                        R"("lag_ms":40,"late":false,"provenance":"delivered","deliveries":1,)"
                        R"("key_id":"ed25519:622c407a8d376b2a","signature":"valid","call_status_after":"ended",)"
                        R"("body":)" +
                        body + R"(}],"findings":[]})"));
  EXPECT_TRUE(json.starts_with(R"({"call":{"id":"call-1",)"));
  EXPECT_THAT(json, HasSubstr(R"("findings":[]},"records")"));
}

TEST_F(TimelineJsonTest, WhatIsAbsentIsNull) {
  const Place place = history.append(R"({"data":{"event_type":"call.cost","id":"e1","payload":{}}})", {});
  history.change(place, [](RecordView& record) { record.signature = record.key_id = {}; });
  EXPECT_THAT(json_of(history.read().value()),
              AllOf(HasSubstr(R"("leg_id":null)"), HasSubstr(R"("lag_ms":null)"), HasSubstr(R"("key_id":null)"),
                    HasSubstr(R"("signature":"absent")"), HasSubstr(R"("call_status_after":null)")));
}

TEST_F(TimelineJsonTest, ABodyIsTheEventsOwnJsonWithoutItsWhiteSpace) {
  EXPECT_THAT(
      record_with(" { \"id\" : \"x\" ,\n\t\"n\" : 123456789012345678901234567890.10e+5, \"s\": \" a \\u0041 \" } "),
      HasSubstr(R"("body":{"id":"x","n":123456789012345678901234567890.10e+5,"s":" a \u0041 "}})"));
}

TEST_F(TimelineJsonTest, NothingOfACallActsOnATerminal) {
  const std::string json = json_of(call_full_of(kEvil));
  EXPECT_TRUE(is_json(json));
  EXPECT_EQ(printable(json), json);
  EXPECT_THAT(json, HasSubstr(R"("body":["<script>\u007f\u202e</script>")"));
  const Result<Timeline> read = parse_timeline(json);
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(json_of(*read), json);
}

TEST_F(TimelineJsonTest, ABodyMayBeAsDeepAsBodiesMayBe) {
  const std::string body = std::string(kJsonDepthMax, '[') + std::string(kJsonDepthMax, ']');
  ASSERT_TRUE(is_json(body));
  const Result<Timeline> read = parse_timeline(record_with(body));
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(read->entries[0].body, body);
  EXPECT_TRUE(read->entries[0].body_is_json);
  EXPECT_EQ(json_of(*read), json_of(history.read().value()));
}

TEST_F(TimelineJsonTest, ABodyThatIsNoJsonIsBase64) {
  EXPECT_THAT(record_with("{\"id\":\xFF"),
              AllOf(HasSubstr(R"("body_base64":"eyJpZCI6/w==")"), Not(HasSubstr("\"body\""))));
}

TEST_F(TimelineJsonTest, FindingsAreListedAndTheOpenOnesNamed) {
  Finding finding;
  finding.id = "f";
  finding.rule = "no-end";
  finding.call_id = "call-1";
  finding.opened_at = kStart;
  finding.evidence = {{0, 0}};
  history.rules.found = {finding};
  EXPECT_THAT(record_with("{}"), AllOf(HasSubstr(R"("findings":["no-end"]},"records")"),
                                       HasSubstr(R"("findings":[{"id":"f","rule":"no-end")")));
}

TEST_F(TimelineJsonTest, ReadsBackWhatItWrote) {
  tell_example(history);
  history.append("no \xFF JSON", {.at = 70s});
  history.append(R"({"big":123456789012345678901234567890,"deep":[[[]]]})", {.at = 71s});
  history.tell({"e1", "call.initiated", "leg-a", 72s});
  history.rules.found[0].status = FindingStatus::kOpen;
  const Timeline timeline = history.read().value();
  const Result<Timeline> read = parse_timeline(json_of(timeline));
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(json_of(*read), json_of(timeline));
  EXPECT_EQ(render_text(*read, true, 120), render_text(timeline, true, 120));
  EXPECT_EQ(render_html(*read), render_html(timeline));
  EXPECT_EQ(render_mermaid(*read), render_mermaid(timeline));
}

TEST_F(TimelineJsonTest, ReadsMembersInAnyOrderAndSkipsUnknownOnes) {
  std::string json = json_of(tell_example(history).read().value());
  const std::size_t findings = json.rfind(",\"findings\":");
  json = "{\"new\":{\"call\":1}" + json.substr(findings, json.size() - findings - 1) + "," +
         json.substr(1, findings - 1) + "}";
  const Result<Timeline> read = parse_timeline(json);
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(json_of(*read), json_of(history.read().value()));
}

TEST_F(TimelineJsonTest, PutsRecordsInOrderItself) {
  std::string json = json_of(tell_example(history).read().value());
  const std::string first = "\"leg_id\":\"leg-a\",\"occurred_at\":\"2026-02-08T10:15:30.000000Z\"";
  json.replace(json.find(first), first.size(), "\"leg_id\":\"leg-a\",\"occurred_at\":\"2026-02-08T11:00:00.000000Z\"");
  const Result<Timeline> read = parse_timeline(json);
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(read->entries.back().id, "e1");
}

TEST_F(TimelineJsonTest, RefusesEveryCutAnswer) {
  const std::string json = json_of(tell_example(history).read().value());
  for (std::size_t size = 0; size < json.size(); ++size) {
    const Result<Timeline> read = parse_timeline(json.substr(0, size));
    ASSERT_FALSE(read) << size;
    EXPECT_EQ(read.error().code, ErrorCode::kInvalid);
  }
}

TEST_F(TimelineJsonTest, SaysWhatIsWrong) {
  const std::string json = json_of(tell_example(history).read().value());
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string changed = json;
    changed.replace(changed.find(from), from.size(), to);
    const Result<Timeline> read = parse_timeline(changed);
    return read ? std::string("accepted") : read.error().detail;
  };
  EXPECT_THAT(with("\"late\":false", "\"late\":0"), HasSubstr("`late`"));
  EXPECT_THAT(with("\"deliveries\":1", "\"deliveries\":4294967296"), HasSubstr("`deliveries`"));
  EXPECT_THAT(with("\"offset\":0", "\"offset\":-1"), HasSubstr("`offset`"));
  EXPECT_THAT(with("\"lag_ms\":40", "\"lag_ms\":\"40\""), HasSubstr("`lag_ms`"));
  EXPECT_THAT(with("\"signature\":\"valid\"", "\"signature\":\"fine\""), HasSubstr("`signature`"));
  EXPECT_THAT(with("\"received_at\":\"2026-02-08T", "\"received_at\":\"2026-02-30T"), HasSubstr("`received_at`"));
  EXPECT_THAT(with("\"records\":", "\"recrods\":"), HasSubstr("`records`"));
  EXPECT_THAT(with("\"body\":{", "\"doby\":{"), HasSubstr("`body_base64`"));
}

/// A server's answer is bytes from outside.
TEST_F(TimelineJsonTest, NoAnswerCanCrashAReader) {
  std::mt19937_64 random = seeded_generator();
  const std::string json = json_of(tell_example(history).read().value());
  const std::string alphabet = "\"\\{}[]:,0-9eEnulltrue \n\xFF\x1B";
  int accepted = 0;
  for (int n = 0; n < 3000; ++n) {
    std::string changed = json;
    for (std::size_t i = 0; i <= random_below(random, 3); ++i) {
      changed[random_below(random, changed.size())] = alphabet[random_below(random, alphabet.size())];
    }
    const Result<Timeline> read = parse_timeline(changed);
    if (!read) continue;
    ++accepted;
    render_text(*read, false, 80);
    render_html(*read);
    render_mermaid(*read);
    EXPECT_TRUE(is_json(json_of(*read)));
  }
  EXPECT_GT(accepted, 100);
}

}  // namespace
}  // namespace hookledger::testing
