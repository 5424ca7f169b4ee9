#include "ingest/intake.h"

#include <gmock/gmock.h>

#include "schemas/sources/telnyx.h"

namespace hookledger::testing {
namespace {

constexpr std::uint32_t kPartitions = 8;
constexpr Time kReceived{std::chrono::sys_days{std::chrono::year{2026} / 2 / 8}};

const std::string kEvent = R"({"data":{"record_type":"event","event_type":"call.answered","id":"event-1",)"
                           R"("occurred_at":"2026-02-07T23:59:59.123456789Z","payload":{"call_session_id":"call-1",)"
                           R"("call_leg_id":"leg-1","call_control_id":"control-1"}},"meta":{"attempt":2}})";

Intake take(const std::string& body, Evidence evidence) {
  const auto reader = make_telnyx_reader();
  evidence.received_at = kReceived;
  return take_in(*reader, evidence, body, kPartitions);
}

Intake take(const std::string& body, std::string_view source = "telnyx") {
  Evidence evidence;
  evidence.source = source;
  return take(body, evidence);
}

/// Points into `intake`.
RecordView record_of(const Intake& intake) { return decode_record(intake.append.record).value(); }

TEST(Intake, KeepsTheBodyAndItsEvidence) {
  Evidence evidence;
  evidence.source = "mine";
  evidence.content_type = "application/json; charset=utf-8";
  evidence.signature = "signature";
  evidence.signed_at = "01700000000";
  evidence.key_id = "ed25519:0011223344556677";
  const Intake intake = take(kEvent, evidence);
  const RecordView record = record_of(intake);
  EXPECT_EQ(record.body, kEvent);
  EXPECT_EQ(record.source, "mine");
  EXPECT_EQ(record.content_type, "application/json; charset=utf-8");
  EXPECT_EQ(record.signature, "signature");
  EXPECT_EQ(record.signed_at, "01700000000");
  EXPECT_EQ(record.key_id, "ed25519:0011223344556677");
  EXPECT_EQ(record.provenance, Provenance::kDelivered);
  EXPECT_EQ(record.received_at, kReceived);
}

TEST(Intake, NamesTheEvent) {
  const Intake intake = take(kEvent);
  const RecordView record = record_of(intake);
  EXPECT_EQ(record.id, "event-1");
  EXPECT_EQ(record.type, "call.answered");
  EXPECT_EQ(record.leg_id, "leg-1");
  EXPECT_EQ(record.call_id(), "call-1");
  EXPECT_EQ(record.attempt, 2U);
  EXPECT_TRUE(record.timed);
  EXPECT_EQ(format_time(record.occurred_at), "2026-02-07T23:59:59.123456Z");
  EXPECT_EQ(intake.append.dedup_key, dedup_key("telnyx", "event-1"));
  EXPECT_EQ(intake.append.partition, partition_of("call-1", kPartitions));
}

TEST(Intake, WhatBelongsToNoCallGoesByItsEventId) {
  const Intake intake = take(R"({"data":{"event_type":"fax.delivered","id":"fax-1","payload":{}}})");
  const RecordView record = record_of(intake);
  EXPECT_EQ(record.key, "fax-1");
  EXPECT_EQ(record.call_id(), "");
  EXPECT_EQ(intake.append.partition, partition_of("fax-1", kPartitions));
  EXPECT_FALSE(record.timed);
  EXPECT_EQ(record.occurred_at, kReceived);
}

TEST(Intake, WhatHasNoIdIsNamedByItsBytes) {
  for (const std::string& body : std::vector<std::string>{
           R"({"data":{"event_type":"call.hangup","payload":{"call_session_id":"call-1"}}})", "not JSON \xff", ""}) {
    const Intake intake = take(body);
    EXPECT_EQ(intake.head.id, "blake2b:" + blake2b_256_hex(body));
    EXPECT_EQ(record_of(intake).id, intake.head.id);
    EXPECT_EQ(intake.append.dedup_key, dedup_key("telnyx", intake.head.id));
    EXPECT_EQ(take(body).append.dedup_key, intake.append.dedup_key) << "the same bytes are the same event";
    EXPECT_NE(take(body + " ").append.dedup_key, intake.append.dedup_key);
  }
}

TEST(Intake, KeepsWhatItDoesNotUnderstand) {
  for (const std::string& body :
       std::vector<std::string>{"", "{}", "[]", "null", "{", R"({"data":{"id":"x"}})", "\xff\xfe"}) {
    const Intake intake = take(body);
    const RecordView record = record_of(intake);
    EXPECT_EQ(record.type, kUnrecognisedType) << body;
    EXPECT_EQ(record.body, body);
    EXPECT_EQ(record.call_id(), "");
    EXPECT_TRUE(record.id.starts_with("blake2b:")) << body;
  }
}

std::string kept_content_type(std::string_view content_type) {
  Evidence evidence;
  evidence.source = "telnyx";
  evidence.content_type = content_type;
  return std::string(record_of(take(kEvent, evidence)).content_type);
}

TEST(Intake, MakesTheContentTypeSafe) {
  const std::string longest(16 * 1024, 'x');
  for (const std::string& kept : {std::string("text/plain"), std::string("~ !\""), std::string(257, 'x'), longest}) {
    EXPECT_EQ(kept_content_type(kept), kept);
  }
  for (const std::string& replaced : {std::string(), std::string("a\tb"), std::string("a\0b", 3),
                                      std::string("caf\xc3\xa9"), std::string("\x7f"), longest + "x"}) {
    EXPECT_EQ(kept_content_type(replaced), "application/octet-stream");
  }
}

TEST(Intake, TheSameIdFromTwoSourcesIsTwoEvents) {
  EXPECT_NE(take(kEvent, "a").append.dedup_key, take(kEvent, "b").append.dedup_key);
}

}  // namespace
}  // namespace hookledger::testing
