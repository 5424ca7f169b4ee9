// What applications and devices say, on a timeline and in the log.
#include <gmock/gmock.h>

#include "ingest/intake.h"
#include "ingest/verify/standard.h"
#include "replay/verify_log.h"
#include "schemas/kafka_record.h"
#include "schemas/sources/standard.h"
#include "tests/replay/call_history.h"

namespace hookledger::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const std::string kData = R"({"call_session_id":"call-1","call_leg_id":"leg-b","device_id":"phone-1"})";

std::string cloud_event(const std::string& id, const std::string& data = kData) {
  return R"({"specversion":"1.0","id":")" + id + R"(","source":"/app","type":"device.push.received",)" +
         R"("time":"2026-02-08T10:15:30.5Z","data":)" + data + "}";
}

std::shared_ptr<const Sources> sources_with(char secret) {
  return Sources::make({{.name = "app",
                         .kind = "standard",
                         .path = {},
                         .keys = {*standard_verifier().secret(encode_base64(std::string(32, secret)))}}})
      .value();
}

/// A call of the provider, and what the application says of it.
class Telemetry : public ::testing::Test {
 protected:
  /// The record that a sink makes of a delivery that is rightly signed.
  std::string record_of(const std::string& body, ToldEvent told = {}) {
    const SourceKey& key = sources_->all().front().keys.front();
    const std::string signed_at = "1770545730", id = "msg_" + std::to_string(++deliveries_);
    const auto mac = hmac_sha256(key.secret()->bytes, id + "." + signed_at + "." + body);
    const std::string signature = "v1," + encode_base64({reinterpret_cast<const char*>(mac.data()), mac.size()});
    return take_in(*reader_,
                   {.source = "app",
                    .content_type = "application/json",
                    .signature = signature,
                    .signed_at = signed_at,
                    .key_id = key.id,
                    .received_at = kStart + 600ms,
                    .kind = "standard",
                    .signed_with = id,
                    .told = std::move(told)},
                   body, 1)
        .append.record;
  }

  Place say(const std::string& body, ToldEvent told = {}) {
    const std::string bytes = record_of(body, std::move(told));
    const RecordView record = decode_record(bytes).value();
    const Place place = history_.log.append(record);
    history_.facts.add(record, reader_->detail(body_of(record), record.type), place.offset);
    return place;
  }

  Timeline timeline(const Sources* configured) const {
    return read_timeline(history_.facts, history_.log, history_.rules, {kStart + 24h}, configured).value();
  }

  CallHistory history_;
  std::unique_ptr<EventReader> reader_ = make_standard_reader();
  std::shared_ptr<const Sources> sources_ = sources_with('s');
  int deliveries_ = 0;
};

TEST_F(Telemetry, StandsBesideTheProvidersEvents) {
  history_.tell({"e1", "call.initiated", "leg-a", 0s, {}, {{"direction", "incoming"}}});
  say(cloud_event("e1"));
  history_.tell({"e2", "call.hangup", "leg-a", 1s});
  const Timeline shown = timeline(sources_.get());
  ASSERT_EQ(shown.entries.size(), 3U);
  const TimelineEntry& entry = shown.entries[1];
  EXPECT_EQ(entry.source, "app");
  EXPECT_TRUE(entry.telemetry);
  EXPECT_EQ(entry.device_id, "phone-1");
  EXPECT_EQ(entry.signature, StoredSignature::kValid);
  EXPECT_FALSE(entry.repeat) << "an id of the provider's is not one of the application's";
  EXPECT_EQ(shown.call.source, "telnyx");
  EXPECT_EQ(shown.call.legs.size(), 2U);
  EXPECT_EQ(shown.call.event_count, 3U);
}

TEST_F(Telemetry, IsShownWithItsDeviceInEveryView) {
  history_.tell({"e1", "call.initiated", "leg-a", 0s});
  say(cloud_event("a1"));
  say(cloud_event("a2", R"({"call_session_id":"call-1"})"));
  const Timeline shown = timeline(sources_.get());
  for (const std::string& view : {render_text(shown, false, 120), render_html(shown), render_mermaid(shown)}) {
    EXPECT_THAT(view, AllOf(HasSubstr("device.push.received"), HasSubstr("app, device phone-1")));
  }
  EXPECT_THAT(render_mermaid(shown), HasSubstr("A->>A: +500 ms device.push.received (B) app, device phone-1"));
  JsonWriter json;
  write_json(json, shown);
  const Timeline read = parse_timeline(json.view()).value();
  EXPECT_EQ(render_text(read, false, 120), render_text(shown, false, 120));
}

TEST_F(Telemetry, IsUnknownWithoutTheSecretThatSignedIt) {
  say(cloud_event("a1"));
  EXPECT_EQ(timeline(nullptr).entries[0].signature, StoredSignature::kUnknownKey);
  EXPECT_EQ(timeline(sources_with('o').get()).entries[0].signature, StoredSignature::kUnknownKey);
  EXPECT_EQ(timeline(nullptr).call.source, "") << "no provider has spoken";
}

TEST_F(Telemetry, IsVerifiedAgainFromTheLogAndTheSecrets) {
  say(cloud_event("a1"));
  say(kData, {"device.crashed", kStart});
  say(R"({"device_id":"phone-1"})", {"device.crashed", {}});
  say(cloud_event("a2", R"({"device_id":"phone-1"})"));
  say("no JSON");
  const LogVerification verified = verify_log(history_.log, sources_.get());
  EXPECT_EQ(verified.valid, 5U);
  EXPECT_EQ(verified.mismatches, 0U) << verified.first_mismatches.front().detail;
  std::vector<std::string> remarks;
  verify_log(history_.log, nullptr, [&](const LogRemark& remark) { remarks.push_back(remark.detail); });
  ASSERT_EQ(remarks.size(), 5U);
  EXPECT_THAT(remarks.front(), AllOf(HasSubstr("hmac-sha256:"), HasSubstr("secret-file")));
}

TEST_F(Telemetry, WhoChangesAnyPartOfARecordIsSeen) {
  const Place place = say(cloud_event("a1"));
  const StoredRecord stored = history_.log.read(place).value();
  const RecordView honest = decode_record(stored.bytes).value();
  for (const auto part : {&RecordView::body, &RecordView::signed_at, &RecordView::signed_with, &RecordView::kind}) {
    RecordView forged = honest;
    const std::string other = part == &RecordView::body ? cloud_event("a1") + " " : "1";
    forged.*part = other;
    history_.log.replace(place, encode_record(forged));
    EXPECT_EQ(verify_log(history_.log, sources_.get()).invalid, 1U);
  }
}

TEST_F(Telemetry, TheKeyOfAMessageIsACallOnlyWhenTheBodySaysSo) {
  const std::vector<std::string> records = {record_of(cloud_event("a1")),
                                            record_of(cloud_event("a2", R"({"device_id":"phone-1"})")),
                                            record_of(cloud_event("a3", "{}")),
                                            record_of(kData, {"device.crashed", kStart}),
                                            record_of("no JSON"),
                                            record_of(cloud_event("phone-1", R"({"device_id":"phone-1"})"))};
  const std::vector<std::pair<std::string, bool>> expected = {{"call-1", true}, {"phone-1", false}, {"a3", false},
                                                              {"call-1", true}, {"", false},        {"phone-1", false}};
  RecordHeaders headers;
  MessageReader messages;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const RecordView record = decode_record(records[i]).value();
    const RecordView& read = messages.record(
        {.place = {}, .appended_at = kStart, .key = record.key, .value = record.body, .headers = headers.of(record)});
    EXPECT_EQ(encode_record(read), records[i]) << i;
    EXPECT_EQ(read.in_call, expected[i].second) << i;
    EXPECT_EQ(read.key, expected[i].first.empty() ? read.id : expected[i].first) << i;
  }
}

}  // namespace
}  // namespace hookledger::testing
