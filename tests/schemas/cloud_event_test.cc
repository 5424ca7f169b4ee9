#include "schemas/cloud_event.h"

#include <gmock/gmock.h>

#include "schemas/json.h"
#include "schemas/text.h"
#include "tests/support/seeded.h"

namespace hookledger {
namespace {

using testing::HasSubstr;

RecordView full_record() {
  RecordView record;
  record.id = "event-1";
  record.source = "telnyx";
  record.type = "call.initiated";
  record.leg_id = "leg-1";
  record.key = "call-1";
  record.content_type = "application/json";
  record.signature = "c2ln";
  record.signed_at = "1770545730";
  record.key_id = "ed25519:0123456789abcdef";
  record.body = "{\"a\":1}";
  record.occurred_at = *parse_time("2026-02-08T10:15:30.123456Z");
  record.received_at = *parse_time("2026-02-08T10:15:30.5Z");
  record.attempt = 2;
  record.in_call = true;
  return record;
}

/// A line with these members beside those that must be there.
std::string line(const std::string& members) {
  return R"({"specversion":"1.0","id":"e","source":"/sources/telnyx")" + members + "}";
}

std::string error_of(std::string_view text) {
  const auto event = parse_cloud_event(text);
  if (event) return "";
  EXPECT_EQ(event.error().code, ErrorCode::kInvalid);
  return event.error().detail;
}

TEST(ToCloudEvent, WritesWhatIsThere) {
  EXPECT_EQ(to_cloud_event(full_record(), Place{3, 17}),
            R"({"specversion":"1.0","id":"event-1","source":"/sources/telnyx","type":"call.initiated",)"
            R"("time":"2026-02-08T10:15:30.123456Z","subject":"leg-1","partitionkey":"call-1",)"
            R"("datacontenttype":"application/json","receivedat":"2026-02-08T10:15:30.500000Z","signature":"c2ln",)"
            R"("signedat":"1770545730","keyid":"ed25519:0123456789abcdef","attempt":2,"provenance":"delivered",)"
            R"("partition":"3","offset":"17","data_base64":"eyJhIjoxfQ=="})");
}

TEST(ToCloudEvent, LeavesOutWhatIsAbsent) {
  RecordView record;
  record.id = record.key = "event-1";
  record.source = "telnyx";
  record.type = kUnrecognisedType;
  record.occurred_at = record.received_at = *parse_time("2026-02-08T10:15:30Z");
  record.provenance = Provenance::kSynthetic;
  EXPECT_EQ(to_cloud_event(record, std::nullopt),
            R"({"specversion":"1.0","id":"event-1","source":"/sources/telnyx","type":"hookledger.unrecognised",)"
            R"("time":"2026-02-08T10:15:30.000000Z","partitionkey":"event-1",)"
            R"("datacontenttype":"application/octet-stream","receivedat":"2026-02-08T10:15:30.000000Z",)"
            R"("provenance":"synthetic","data_base64":""})");
}

TEST(ParseCloudEvent, ReadsBackWhatWasWritten) {
  auto random = seeded_generator();
  for (int i = 0; i < 2'000; ++i) {
    std::string body(random_below(random, 300), '\0');
    for (char& c : body) c = static_cast<char>(random());
    RecordView record = full_record();
    record.body = body;
    record.provenance = static_cast<Provenance>(random_below(random, 4));
    const auto event = parse_cloud_event(to_cloud_event(record, Place{1, 2}));
    ASSERT_TRUE(event) << event.error().detail;
    EXPECT_EQ(event->id, record.id);
    EXPECT_EQ(event->source, record.source);
    EXPECT_EQ(event->type, record.type);
    EXPECT_EQ(event->content_type, record.content_type);
    EXPECT_EQ(event->signature, record.signature);
    EXPECT_EQ(event->signed_at, record.signed_at);
    EXPECT_EQ(event->key_id, record.key_id);
    EXPECT_EQ(event->body, body);
    EXPECT_EQ(event->received_at, record.received_at);
    EXPECT_EQ(event->provenance, record.provenance);
  }
}

TEST(ParseCloudEvent, TakesTheLeastThatMustBeThere) {
  const auto event = parse_cloud_event(line(R"(,"data_base64":"")"));
  ASSERT_TRUE(event) << event.error().detail;
  EXPECT_EQ(event->id, "e");
  EXPECT_EQ(event->source, "telnyx");
  EXPECT_EQ(event->type, "");
  EXPECT_EQ(event->body, "");
  EXPECT_FALSE(event->received_at);
  EXPECT_EQ(event->provenance, Provenance::kImported);
}

TEST(ParseCloudEvent, TakesJsonDataByteForByte) {
  for (const std::string body : {R"({"a" : [1, 2] })", "[ 1,{} ]", "12.50", "true", R"("a\u0041")", "1e999", "{}"}) {
    const auto event = parse_cloud_event(line(",\"data\": " + body + " \n,\"x\":1"));
    ASSERT_TRUE(event) << event.error().detail;
    EXPECT_EQ(event->body, body);
    const auto last = parse_cloud_event(line(",\"data\":" + body));
    ASSERT_TRUE(last) << last.error().detail;
    EXPECT_EQ(last->body, body);
  }
}

TEST(ParseCloudEvent, IgnoresUnknownAttributesAndTakesTheFirstOfTwo) {
  const auto event = parse_cloud_event(
      R"({"x":{"id":[1e999,{"id":"no"}]},"specversion":"1.0","\u0069d":"first","id":"second","id":7,)"
      R"("source":"/sources/a","source":"/sources/b","attempt":"odd","data_base64":"Zg==","data_base64":"!",)"
      R"("signature":null,"provenance":null})");
  ASSERT_TRUE(event) << event.error().detail;
  EXPECT_EQ(event->id, "first");
  EXPECT_EQ(event->source, "a");
  EXPECT_EQ(event->body, "f");
  EXPECT_EQ(event->signature, "");
  EXPECT_EQ(event->provenance, Provenance::kImported);
}

TEST(ParseCloudEvent, SaysWhatIsWrong) {
  const std::string good = line(R"(,"data_base64":"")");
  EXPECT_EQ(error_of(good), "");
  EXPECT_THAT(error_of(""), HasSubstr("not JSON"));
  EXPECT_THAT(error_of(good + good), HasSubstr("not JSON"));
  EXPECT_THAT(error_of(good.substr(0, good.size() - 1)), HasSubstr("not JSON"));
  for (const char* text : {"[]", "1", "null", "\"x\"", "1e999"})
    EXPECT_THAT(error_of(text), HasSubstr("not a JSON object"));

  EXPECT_THAT(error_of(R"({"id":"e","source":"/sources/a","data_base64":""})"), HasSubstr("'specversion'"));
  EXPECT_THAT(error_of(R"({"specversion":"0.3","id":"e","source":"/sources/a","data_base64":""})"),
              HasSubstr("'specversion'"));
  EXPECT_THAT(error_of(R"({"specversion":1.0,"id":"e","source":"/sources/a","data_base64":""})"),
              HasSubstr("'specversion' is not a string"));
  EXPECT_THAT(error_of(R"({"specversion":"1.0","source":"/sources/a","data_base64":""})"), HasSubstr("'id'"));
  EXPECT_THAT(error_of(R"({"specversion":"1.0","id":"","source":"/sources/a","data_base64":""})"), HasSubstr("'id'"));
  EXPECT_THAT(error_of(R"({"specversion":"1.0","id":null,"id":"e","source":"/sources/a","data_base64":""})"),
              HasSubstr("'id'"));
  EXPECT_THAT(error_of(R"({"specversion":"1.0","id":"e","data_base64":""})"), HasSubstr("'source'"));
  for (const char* source : {"", "telnyx", "/sources/", "/sources/a/b", "/sources/a b", "/source/a", "x/sources/a",
                             "/sources/\\u0000", "/sources/\\u00fc"}) {
    EXPECT_THAT(error_of(std::string(R"({"specversion":"1.0","id":"e","data_base64":"","source":")") + source + "\"}"),
                HasSubstr("'source'"))
        << source;
  }

  EXPECT_THAT(error_of(line("")), HasSubstr("'data_base64'"));
  EXPECT_THAT(error_of(line(R"(,"data":null)")), HasSubstr("'data'"));
  EXPECT_THAT(error_of(line(R"(,"data":1,"data_base64":"")")), HasSubstr("one of"));
  for (const char* data : {"Zg", "Zh==", "Zg==\\n", "-_-_", "Z g="}) {
    EXPECT_THAT(error_of(line(std::string(R"(,"data_base64":")") + data + "\"")), HasSubstr("base64")) << data;
  }
  EXPECT_THAT(error_of(line(R"(,"data_base64":"","receivedat":"yesterday")")), HasSubstr("'receivedat'"));
  EXPECT_THAT(error_of(line(R"(,"data_base64":"","receivedat":"")")), HasSubstr("'receivedat'"));
  EXPECT_THAT(error_of(line(R"(,"data_base64":"","provenance":"trusted")")), HasSubstr("'provenance'"));
  EXPECT_THAT(error_of(line(R"(,"data_base64":"","signature":"a\r\nb")")), HasSubstr("control characters"));
  EXPECT_THAT(error_of(line(R"(,"data_base64":"","keyid":"\u007f")")), HasSubstr("control characters"));
  EXPECT_THAT(error_of(line(R"(,"data_base64":"","type":{})")), HasSubstr("'type' is not a string"));
  EXPECT_THAT(error_of(line(R"(,"data_base64":"","type":"\ud800")")), HasSubstr("'type' cannot be read"));
}

TEST(ParseCloudEvent, TakesOrRefusesAnyBytes) {
  auto random = seeded_generator();
  const std::string good = to_cloud_event(full_record(), Place{3, 17});
  for (int i = 0; i < 50'000; ++i) {
    std::string text = good;
    for (std::size_t edits = 1 + random_below(random, 3); edits > 0; --edits) {
      const std::size_t position = random_below(random, text.size());
      if (random() % 2 == 0) {
        text[position] = static_cast<char>(random());
      } else {
        text.erase(position, 1 + random_below(random, 4));
      }
    }
    const auto event = parse_cloud_event(text);
    if (!event) {
      ASSERT_EQ(event.error().code, ErrorCode::kInvalid);
      ASSERT_EQ(printable(event.error().detail), event.error().detail);
    } else {
      ASSERT_FALSE(event->id.empty() || event->source.empty());
    }
  }
}

TEST(ParseCloudEvent, RefusesALineWithoutEnd) {
  std::string text = line(R"(,"data_base64":"")");
  text.append(kCloudEventBytesMax, ' ');
  EXPECT_THAT(error_of(text), HasSubstr("128 MiB"));
}

}  // namespace
}  // namespace hookledger
