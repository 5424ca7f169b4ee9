#include "schemas/sources/standard.h"

#include <gmock/gmock.h>
#include <map>

#include "schemas/sources/event_readers.h"

namespace hookledger {
namespace {

const std::string kData =
    R"({"call_session_id":"call-1","call_leg_id":"leg-1","call_control_id":"v3:c","device_id":"phone",)"
    R"("direction":"outgoing","from":"+1","to":"+2","organization_id":"org","client_state":"eyJvcmdhbml6YXRpb25faWQiOiJ4In0="})";

std::string structured(const std::string& members = {}) {
  return R"({"specversion":"1.0","id":"ce-1","source":"/app","type":"app.leg.requested",)"
         R"("time":"2026-02-08T10:15:30.123456+01:00",)" +
         members + R"("data":)" + kData + "}";
}

ToldEvent told(std::map<std::string, std::string, std::less<>> headers) {
  return make_standard_reader()->told([&](std::string_view name) {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string_view() : std::string_view(found->second);
  });
}

const std::map<std::string, std::string, std::less<>> kBinary = {{"ce-specversion", "1.0"},
                                                                 {"ce-id", "unsigned"},
                                                                 {"ce-source", "/app"},
                                                                 {"ce-type", "device.push.received"},
                                                                 {"ce-time", "2026-02-08T09:15:30Z"},
                                                                 {"content-type", "application/json"}};

void expect_data(const EventDetail& detail) {
  EXPECT_TRUE(detail.telemetry);
  EXPECT_EQ(detail.effect, Effect::kNone);
  EXPECT_EQ(detail.control_id, "v3:c");
  EXPECT_EQ(detail.device_id, "phone");
  EXPECT_EQ(detail.direction, "outgoing");
  EXPECT_EQ(detail.from, "+1");
  EXPECT_EQ(detail.to, "+2");
  EXPECT_EQ(detail.organization_id, "") << "only a provider's event names one";
}

void expect_call(const EventHead& head) {
  EXPECT_EQ(head.call_id, "call-1");
  EXPECT_EQ(head.leg_id, "leg-1");
  EXPECT_EQ(head.device_id, "phone");
}

TEST(Standard, ReadsAStructuredCloudEvent) {
  const auto reader = make_event_reader("standard");
  const std::string body = structured();
  const EventHead head = reader->head({.bytes = body, .signed_with = "msg_1"});
  EXPECT_EQ(head.id, "ce-1");
  EXPECT_EQ(head.type, "app.leg.requested");
  EXPECT_EQ(head.occurred_at, parse_time("2026-02-08T09:15:30.123456Z"));
  expect_call(head);
  expect_data(reader->detail({body}, head.type));
}

TEST(Standard, ReadsAPayloadOfStandardWebhooks) {
  const auto reader = make_standard_reader();
  const std::string body = R"({"type":"device.crashed","timestamp":"2026-02-08T09:15:30Z","data":)" + kData + "}";
  const EventHead head = reader->head({.bytes = body, .signed_with = "msg_1"});
  EXPECT_EQ(head.id, "msg_1") << "which is signed";
  EXPECT_EQ(head.type, "device.crashed");
  EXPECT_EQ(head.occurred_at, parse_time("2026-02-08T09:15:30Z"));
  expect_call(head);
  expect_data(reader->detail({body}, head.type));
}

TEST(Standard, ReadsBinaryModeFromWhatTheHeadersTold) {
  const auto reader = make_standard_reader();
  const ToldEvent event = told(kBinary);
  EXPECT_EQ(event.type, "device.push.received");
  const EventHead head =
      reader->head({.bytes = kData, .signed_with = "msg_1", .type = event.type, .occurred_at = event.occurred_at});
  EXPECT_EQ(head.id, "msg_1") << "ce-id is not signed";
  EXPECT_EQ(head.type, "device.push.received");
  EXPECT_EQ(head.occurred_at, parse_time("2026-02-08T09:15:30Z"));
  expect_call(head);
  expect_data(reader->detail({kData}, head.type));
  const EventHead text = reader->head({.bytes = "no JSON", .signed_with = "msg_2", .type = event.type});
  EXPECT_EQ(text.type, "device.push.received");
  EXPECT_EQ(text.call_id, "");
  EXPECT_FALSE(text.occurred_at);
  const std::string cut = kData.substr(0, kData.size() - 1);
  EXPECT_EQ(reader->head({.bytes = cut, .signed_with = "msg_3", .type = event.type}).device_id, "");
  EXPECT_EQ(reader->detail({cut}, event.type).device_id, "") << "its detail says no more than its head";
}

TEST(Standard, ReadsARecordAsItWasReadAtTheDoor) {
  const auto reader = make_standard_reader();
  RecordView record;
  record.type = "device.push.received";
  record.signed_with = "msg_1";
  record.body = kData;
  record.timed = true;
  record.occurred_at = *parse_time("2026-02-08T09:15:30Z");
  const EventHead head = reader->head(body_of(record));
  EXPECT_EQ(head.type, record.type);
  EXPECT_EQ(head.occurred_at, record.occurred_at);
  record.type = kUnrecognisedType;
  EXPECT_EQ(reader->head(body_of(record)).type, kUnrecognisedType);
}

TEST(Standard, WhatIsSignedComesBeforeWhatIsNot) {
  const auto reader = make_standard_reader();
  const std::string body = structured();
  const EventHead head = reader->head({.bytes = body,
                                       .content_type = "text/plain",
                                       .signed_with = "msg_1",
                                       .type = "forged",
                                       .occurred_at = parse_time("2020-01-01T00:00:00Z")});
  EXPECT_EQ(head.type, "app.leg.requested");
  EXPECT_EQ(head.occurred_at, parse_time("2026-02-08T09:15:30.123456Z"));
}

TEST(Standard, HeadersAreDecodedAsTheBindingSays) {
  auto headers = kBinary;
  headers["ce-type"] = "a%20%22b%25%E2%82%ac";
  headers["ce-time"] = "2026-02-08T10:15:30%2B01:00";
  EXPECT_EQ(told(headers).type, "a \"b%€");
  EXPECT_EQ(told(headers).occurred_at, parse_time("2026-02-08T09:15:30Z"));
  for (const std::string type : {"%", "a%2", "a%zz", "%FF", "%00", "a%0Ab", "%C2%85", "a%1bb", ""}) {
    headers["ce-type"] = type;
    EXPECT_EQ(told(headers).type, "") << type;
  }
}

TEST(Standard, HeadersTellNothingUnlessTheyAreAWholeEvent) {
  for (const std::string name : {"ce-specversion", "ce-id", "ce-source", "ce-type"}) {
    auto headers = kBinary;
    headers.erase(name);
    EXPECT_EQ(told(headers).type, "") << name;
  }
  for (const std::string type : {"application/cloudevents+json", "Application/CloudEvents-batch+json; charset=utf-8"}) {
    auto headers = kBinary;
    headers["content-type"] = type;
    EXPECT_EQ(told(headers).type, "") << type << ": the body has the events";
  }
  auto headers = kBinary;
  headers["ce-specversion"] = "0.3";
  EXPECT_EQ(told(headers).type, "");
}

TEST(Standard, WhatIsNoEventIsUnrecognised) {
  const auto reader = make_standard_reader();
  for (const std::string& body :
       {std::string(), std::string("{}"), std::string("[") + structured() + "]", structured() + "x",
        std::string("\xff"), std::string(R"({"specversion":"0.3","id":"1","source":"s","type":"t"})"),
        std::string(R"({"specversion":"1.0","id":"","source":"s","type":"t"})"),
        std::string(R"({"specversion":"1.0","id":"1","source":"s","type":7})"),
        std::string(R"({"specversion":"1.0","id":"1","source":"s","type":"hookledger.unrecognised"})"),
        std::string(R"({"type":"t","timestamp":"2026-02-08T09:15:30Z"})"),
        std::string(R"({"type":"t","timestamp":"2026-02-08T09:15:30Z","data":"x"})"),
        std::string(R"({"type":"t","data":{}})"), std::string(R"({"type":"","timestamp":"x","data":{}})"), kData}) {
    const EventHead head = reader->head({.bytes = body, .signed_with = "msg_1"});
    EXPECT_EQ(head.type, kUnrecognisedType) << body;
    EXPECT_TRUE(head.id.starts_with("blake2b:")) << body;
    EXPECT_EQ(head.call_id + head.leg_id + head.device_id, "") << body;
  }
}

TEST(Standard, TakesOnlyWholeStringsAndOfDuplicateKeysTheFirst) {
  const auto reader = make_standard_reader();
  const std::string body =
      R"({"specversion":"1.0","id":"e","source":"s","type":"t","time":"soon","id":"later","data":{"call_session_id":7,)"
      R"("call_session_id":"call","device_id":"\ud800","call_leg_id":null,"call_leg\u005fid":"leg","from":["x"]},"data":{}})";
  const EventHead head = reader->head({.bytes = body, .signed_with = "msg_1"});
  EXPECT_EQ(head.id, "e");
  EXPECT_EQ(head.call_id + head.leg_id + head.device_id, "");
  EXPECT_FALSE(head.occurred_at);
  EXPECT_EQ(reader->detail({body}, head.type).from, "");
}

TEST(Standard, WithoutAnIdItsBytesNameIt) {
  EXPECT_TRUE(make_standard_reader()->head({.bytes = "x", .type = "t"}).id.starts_with("blake2b:"));
}

}  // namespace
}  // namespace hookledger
