#include "schemas/record.h"

#define XXH_INLINE_ALL
#include <gmock/gmock.h>
#include <xxhash.h>

namespace hookledger {
namespace {

RecordView full_record() {
  RecordView record;
  record.id = "event-1";
  record.source = "telnyx";
  record.type = "call.hangup";
  record.leg_id = "leg-1";
  record.key = "call-1";
  record.content_type = "application/json";
  record.signature = "c2lnbmF0dXJl";
  record.signed_at = "1770544500";
  record.key_id = "ed25519:0123456789abcdef";
  record.body = std::string_view("{\"a\":\"\0\xff\"}", 11);
  record.occurred_at = parse_time("2026-02-08T10:15:30.123456Z").value();
  record.received_at = parse_time("2026-02-08T10:15:31Z").value();
  record.attempt = 3;
  record.provenance = Provenance::kRecovered;
  record.in_call = true;
  record.timed = true;
  return record;
}

RecordView telemetry_record() {
  RecordView record = full_record();
  record.source = "app";
  record.kind = "standard";
  record.signed_with = "msg_1";
  record.recovered_from = "/v2/call_events";
  return record;
}

RecordView smallest_record() {
  RecordView record;
  record.id = record.source = record.type = record.key = "x";
  return record;
}

void expect_equal(const RecordView& a, const RecordView& b) {
  for (const auto text :
       {&RecordView::id, &RecordView::source, &RecordView::type, &RecordView::leg_id, &RecordView::key,
        &RecordView::content_type, &RecordView::signature, &RecordView::signed_at, &RecordView::key_id,
        &RecordView::kind, &RecordView::signed_with, &RecordView::recovered_from, &RecordView::body}) {
    EXPECT_EQ(a.*text, b.*text);
  }
  EXPECT_EQ(a.occurred_at, b.occurred_at);
  EXPECT_EQ(a.received_at, b.received_at);
  EXPECT_EQ(a.attempt, b.attempt);
  EXPECT_EQ(a.provenance, b.provenance);
  EXPECT_EQ(a.in_call, b.in_call);
  EXPECT_EQ(a.timed, b.timed);
}

void expect_corrupt(std::string_view bytes, const std::string& what) {
  const auto decoded = decode_record(bytes);
  ASSERT_FALSE(decoded) << what;
  EXPECT_EQ(decoded.error().code, ErrorCode::kCorruption) << what;
}

/// `bytes` with their checksum made to fit again, as somebody would who changes them on purpose.
std::string with_checksum(std::string bytes) {
  const std::uint64_t checksum = XXH3_64bits(bytes.data() + 8, bytes.size() - 8);
  std::memcpy(bytes.data(), &checksum, sizeof checksum);
  return bytes;
}

std::string with_byte(std::size_t at, char value) {
  std::string bytes = encode_record(full_record());
  bytes[at] = value;
  return with_checksum(bytes);
}

TEST(Record, SaysAgainWhatWasWritten) {
  for (const RecordView& record : {full_record(), telemetry_record(), smallest_record()}) {
    const std::string bytes = encode_record(record);
    const auto decoded = decode_record(bytes);
    ASSERT_TRUE(decoded) << decoded.error().detail;
    expect_equal(*decoded, record);
    EXPECT_EQ(encode_record(*decoded), bytes);
  }
}

TEST(Record, ViewsPointIntoTheBytes) {
  const std::string bytes = encode_record(full_record());
  const RecordView record = decode_record(bytes).value();
  EXPECT_GE(record.id.data(), bytes.data());
  EXPECT_EQ(record.body.data() + record.body.size(), bytes.data() + bytes.size());
}

TEST(Record, TellsItsCallOnlyWhenTheKeyIsOne) {
  RecordView record = full_record();
  EXPECT_EQ(record.call_id(), "call-1");
  record.in_call = false;
  const std::string bytes = encode_record(record);
  EXPECT_EQ(decode_record(bytes).value().call_id(), "");
}

TEST(Record, TimesBefore1970AndAtTheEndsSurvive) {
  for (const Time time : {Time(Duration(-1)), Time::min(), Time::max()}) {
    RecordView record = full_record();
    record.occurred_at = record.received_at = time;
    const std::string bytes = encode_record(record);
    expect_equal(decode_record(bytes).value(), record);
  }
}

TEST(Record, EveryFlippedBitIsNoticed) {
  const std::string bytes = encode_record(full_record());
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = bytes;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << bit));
      expect_corrupt(flipped, "bit " + std::to_string(bit) + " of byte " + std::to_string(at));
    }
  }
}

TEST(Record, EveryCutAndEveryAdditionIsNoticed) {
  const std::string bytes = encode_record(full_record());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    expect_corrupt(std::string_view(bytes).substr(0, size), "cut at " + std::to_string(size));
    if (size >= 8) expect_corrupt(with_checksum(bytes.substr(0, size)), "cut on purpose at " + std::to_string(size));
  }
  expect_corrupt(bytes + "x", "one byte more");
  expect_corrupt(with_checksum(bytes + "x"), "one byte more on purpose");
}

TEST(Record, WhatIsNotKnownIsRefused) {
  ASSERT_TRUE(decode_record(with_byte(8, 1)));
  for (const char version : {'\0', '\2', '\x7f'}) expect_corrupt(with_byte(8, version), "version");
  ASSERT_TRUE(decode_record(with_byte(9, 3)));
  expect_corrupt(with_byte(9, 4), "provenance");
  for (const int flags : {4, 8, 16, 32, 64, 128}) expect_corrupt(with_byte(10, static_cast<char>(flags)), "flags");
  expect_corrupt(with_byte(11, 1), "reserved byte");
}

TEST(Record, LengthsBeyondTheBytesAreRefused) {
  constexpr std::size_t kFirstLength = 32;
  for (const std::string& length : {std::string("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
                                    std::string("\xff\xff\x7f"), std::string(11, '\xff')}) {
    std::string bytes = encode_record(full_record()).substr(0, kFirstLength) + length;
    expect_corrupt(with_checksum(bytes), "length");
  }
}

TEST(Record, WhatMustNotBeEmptyIsNot) {
  for (const auto text : {&RecordView::id, &RecordView::source, &RecordView::type, &RecordView::key}) {
    RecordView record = full_record();
    record.*text = {};
    expect_corrupt(encode_record(record), "empty");
  }
}

TEST(Record, ABodyOfAnySizeFits) {
  for (const std::size_t size : {0U, 127U, 128U, 16'383U, 16'384U, 1U << 20}) {
    const std::string body(size, '\xfe');
    RecordView record = full_record();
    record.body = body;
    const std::string bytes = encode_record(record);
    EXPECT_EQ(decode_record(bytes).value().body, body);
  }
}

TEST(Record, ProvenancesHaveNames) {
  for (const auto& [provenance, name] :
       {std::pair(Provenance::kDelivered, "delivered"), std::pair(Provenance::kImported, "imported"),
        std::pair(Provenance::kRecovered, "recovered"), std::pair(Provenance::kSynthetic, "synthetic")}) {
    EXPECT_EQ(to_string(provenance), name);
    EXPECT_EQ(parse_provenance(name), provenance);
  }
  EXPECT_EQ(parse_provenance("Delivered"), std::nullopt);
  EXPECT_EQ(parse_provenance(""), std::nullopt);
}

}  // namespace
}  // namespace hookledger
