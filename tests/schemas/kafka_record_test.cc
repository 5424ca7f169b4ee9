// A record as a Kafka message, and back.

#include "schemas/kafka_record.h"

#include <gmock/gmock.h>

namespace hookledger {
namespace {

using ::testing::ElementsAre;
using ::testing::IsSupersetOf;
using ::testing::Pair;

constexpr Time kTime{std::chrono::sys_days{std::chrono::year{2026} / 2 / 8} + std::chrono::microseconds(123456)};

RecordView full_record() {
  RecordView record;
  record.id = "event-1";
  record.source = "telnyx";
  record.type = "call.answered";
  record.leg_id = "leg-1";
  record.key = "call-1";
  record.content_type = "application/json";
  record.signature = "c2ln";
  record.signed_at = "1770508800";
  record.key_id = "ed25519:0011223344556677";
  record.body = "{\"a\": 1}";
  record.occurred_at = kTime;
  record.received_at = kTime + std::chrono::seconds(1);
  record.attempt = 2;
  record.in_call = record.timed = true;
  return record;
}

MessageView message_of(const RecordView& record, const std::vector<MessageHeader>& headers) {
  return {.place = {3, 17}, .appended_at = kTime, .key = record.key, .value = record.body, .headers = headers};
}

/// Written as a message, read from it, and encoded.
std::string round_trip(const RecordView& record) {
  RecordHeaders headers;
  MessageReader reader;
  return encode_record(reader.record(message_of(record, headers.of(record))));
}

TEST(KafkaRecord, HasTheHeadersOfTheContract) {
  RecordHeaders headers;
  EXPECT_THAT(headers.of(full_record()),
              ElementsAre(Pair("ce_specversion", "1.0"), Pair("ce_id", "event-1"), Pair("ce_source", "/sources/telnyx"),
                          Pair("ce_type", "call.answered"), Pair("ce_time", "2026-02-08T00:00:00.123456Z"),
                          Pair("ce_subject", "leg-1"), Pair("ce_partitionkey", "call-1"),
                          Pair("content-type", "application/json"),
                          Pair("ce_receivedat", "2026-02-08T00:00:01.123456Z"), Pair("ce_signature", "c2ln"),
                          Pair("ce_signedat", "1770508800"), Pair("ce_keyid", "ed25519:0011223344556677"),
                          Pair("ce_attempt", "2"), Pair("ce_provenance", "delivered")));
}

TEST(KafkaRecord, NamesTheKindOfItsSourceAndWhatElseIsSigned) {
  RecordView record = full_record();
  record.kind = "standard";
  record.signed_with = "msg_1";
  record.recovered_from = "/v2/call_events";
  RecordHeaders headers;
  EXPECT_THAT(headers.of(record), IsSupersetOf({Pair("ce_sourcekind", "standard"), Pair("ce_signedwith", "msg_1"),
                                                Pair("ce_recoveredfrom", "/v2/call_events")}));
  record.in_call = false;  // What its body says is no event of a call of any kind.
  EXPECT_EQ(round_trip(record), encode_record(record));
}

TEST(KafkaRecord, OfAKindThatNobodyKnowsBelongsToNoCall) {
  RecordView record = full_record();
  record.kind = "of-later";
  record.in_call = false;
  EXPECT_EQ(round_trip(record), encode_record(record));
}

TEST(KafkaRecord, LeavesOutWhatIsAbsent) {
  RecordView record = full_record();
  record.leg_id = record.signature = record.signed_at = record.key_id = record.content_type = {};
  record.attempt = 0;
  record.timed = false;
  RecordHeaders headers;
  EXPECT_THAT(headers.of(record),
              ElementsAre(Pair("ce_specversion", "1.0"), Pair("ce_id", "event-1"), Pair("ce_source", "/sources/telnyx"),
                          Pair("ce_type", "call.answered"), Pair("ce_partitionkey", "call-1"),
                          Pair("content-type", "application/octet-stream"),
                          Pair("ce_receivedat", "2026-02-08T00:00:01.123456Z"), Pair("ce_provenance", "delivered")));
}

TEST(KafkaRecord, IsTheSameWhenReadBack) {
  RecordView record = full_record();
  EXPECT_EQ(round_trip(record), encode_record(record));
  for (const auto provenance : {Provenance::kImported, Provenance::kRecovered, Provenance::kSynthetic}) {
    record.provenance = provenance;
    EXPECT_EQ(round_trip(record), encode_record(record));
  }
  record.body = std::string_view("\0 not JSON \xff", 12);
  EXPECT_EQ(round_trip(record), encode_record(record));
  record.timed = false;
  record.occurred_at = record.received_at;
  EXPECT_EQ(round_trip(record), encode_record(record));
}

TEST(KafkaRecord, AnEventWithoutACallStaysWithoutOne) {
  RecordView record = full_record();
  record.key = record.id;
  record.in_call = false;
  EXPECT_EQ(round_trip(record), encode_record(record));
  record.type = kUnrecognisedType;
  EXPECT_EQ(round_trip(record), encode_record(record));
}

TEST(KafkaRecord, ACallMayHaveTheIdOfItsEvent) {
  RecordView record = full_record();
  record.body = R"({"data":{"event_type":"call.answered","id":"same","payload":{"call_session_id":"same"}}})";
  record.id = record.key = "same";
  EXPECT_EQ(round_trip(record), encode_record(record));
}

TEST(KafkaRecord, WhatIsNotOursIsSeenAndBelongsToNoCall) {
  const std::vector<MessageHeader> good = [] {
    static RecordHeaders headers;
    return headers.of(full_record());
  }();
  std::vector<std::vector<MessageHeader>> broken{{}};
  for (const std::string_view name :
       {"ce_specversion", "ce_id", "ce_source", "ce_type", "ce_receivedat", "ce_provenance"}) {
    for (const std::string_view value : {"", "rubbish"}) {
      if (value == "rubbish" && (name == "ce_id" || name == "ce_type")) continue;
      broken.push_back(good);
      std::ranges::find(broken.back(), name, &MessageHeader::first)->second = value;
    }
  }
  for (const auto& [name, value] :
       {MessageHeader{"ce_time", "soon"}, {"ce_attempt", "-1"}, {"ce_attempt", "4294967296"}}) {
    broken.push_back(good);
    std::ranges::find(broken.back(), name, &MessageHeader::first)->second = value;
  }
  MessageReader reader;
  for (const auto& headers : broken) {
    const RecordView& record = reader.record(message_of(full_record(), headers));
    EXPECT_EQ(record.source, "foreign");
    EXPECT_EQ(record.id, "kafka:3/17");
    EXPECT_EQ(record.type, kUnrecognisedType);
    EXPECT_FALSE(record.in_call);
    EXPECT_EQ(record.provenance, Provenance::kImported);
    EXPECT_EQ(record.received_at, kTime);
    EXPECT_EQ(record.body, full_record().body);
    EXPECT_TRUE(decode_record(encode_record(record)));
  }
  MessageView without_key = message_of(full_record(), good);
  without_key.key = {};
  EXPECT_EQ(reader.record(without_key).source, "foreign");
}

TEST(KafkaRecord, OfTwoHeadersTheFirstCounts) {
  RecordHeaders writer;
  auto headers = writer.of(full_record());
  headers.emplace_back("ce_type", "call.hangup");
  MessageReader reader;
  EXPECT_EQ(reader.record(message_of(full_record(), headers)).type, "call.answered");
}

}  // namespace
}  // namespace hookledger
