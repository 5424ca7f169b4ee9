#include "replay/redelivery/outbound.h"

#include <gmock/gmock.h>

#include "schemas/standard_webhooks.h"
#include "tests/support/seeded.h"

namespace hookledger {
namespace {

using testing::Pair;

using Headers = std::vector<std::pair<std::string_view, std::string>>;

constexpr Time kAt{std::chrono::seconds(1'700'000'000)};

RecordView example_record() {
  RecordView record;
  record.id = "evt-1";
  record.source = "telnyx";
  record.type = "call.hangup";
  record.key = "call-1";
  record.in_call = true;
  record.content_type = "application/json";
  record.signature = "c2ln";
  record.signed_at = "1699999999";
  record.body = std::string_view("{\"a\":\"\0\xff\"}", 10);
  return record;
}

OutboundRequest send(const RecordView& record, std::string_view key = {}, bool is_replay = false) {
  return make_outbound(record, {{3, 17}, 2, is_replay, kAt}, key);
}

bool has(const OutboundRequest& request, const std::string& name) {
  return std::ranges::any_of(request.headers, [&](const auto& header) { return header.first == name; });
}

TEST(Outbound, CarriesTheBodyByteForByteAndSaysWhatItIs) {
  const auto record = example_record();
  const auto request = send(record);
  EXPECT_EQ(request.body, record.body);
  EXPECT_THAT(request.headers,
              testing::UnorderedElementsAre(
                  Pair("content-type", "application/json"), Pair("telnyx-signature-ed25519", "c2ln"),
                  Pair("telnyx-timestamp", "1699999999"), Pair("webhook-id", "telnyx:evt-1"),
                  Pair("hookledger-event-id", "evt-1"), Pair("hookledger-source", "telnyx"),
                  Pair("hookledger-type", "call.hangup"), Pair("hookledger-call", "call-1"),
                  Pair("hookledger-partition", "3"), Pair("hookledger-offset", "17"), Pair("hookledger-attempt", "2"),
                  Pair("hookledger-replay", "false"), Pair("hookledger-provenance", "delivered")));
  EXPECT_THAT(send(record, {}, true).headers, testing::Contains(Pair("hookledger-replay", "true")));
}

TEST(Outbound, IsSignedOverItsIdTheTimeOfTheAttemptAndTheBody) {
  const std::string key(32, 'k');
  const auto record = example_record();
  const auto expected = sign_webhook(key, "telnyx:evt-1", kAt, record.body);
  EXPECT_THAT(send(record, key).headers, testing::IsSupersetOf(Headers{{"webhook-id", expected.id},
                                                                       {"webhook-timestamp", "1700000000"},
                                                                       {"webhook-signature", expected.signature}}));
}

TEST(Outbound, TheSignatureOfAnotherKindComesUnderItsOwnNames) {
  auto record = example_record();
  record.kind = "standard";
  record.signed_with = "msg_1";
  const auto standard = send(record);
  EXPECT_THAT(standard.headers, testing::IsSupersetOf(Headers{{"hookledger-original-webhook-id", "msg_1"},
                                                              {"hookledger-original-webhook-timestamp", "1699999999"},
                                                              {"hookledger-original-webhook-signature", "c2ln"},
                                                              {"webhook-id", "telnyx:evt-1"}}));
  EXPECT_FALSE(has(standard, "telnyx-timestamp"));
  record.kind = "twilio";
  record.signed_with = "https://example.com/hook?a=1";
  EXPECT_THAT(send(record).headers,
              testing::IsSupersetOf(Headers{{"x-twilio-signature", "c2ln"},
                                            {"hookledger-original-url", "https://example.com/hook?a=1"}}));
}

TEST(Outbound, WhatIsAbsentIsLeftOut) {
  auto record = example_record();
  record.in_call = false;
  record.signature = record.signed_at = record.content_type = {};
  const auto request = send(record);
  for (const char* name : {"hookledger-call", "telnyx-signature-ed25519", "telnyx-timestamp", "content-type"}) {
    EXPECT_FALSE(has(request, name)) << name;
  }
}

TEST(Outbound, NoByteFromOutsideBreaksAHeader) {
  auto random = seeded_generator();
  for (int round = 0; round < 2'000; ++round) {
    std::string text(random_below(random, round % 50 == 0 ? 5'000 : 40) + 1, '\0');
    for (char& c : text) c = static_cast<char>(random());
    auto record = example_record();
    record.id = record.source = record.type = record.key = record.signature = record.signed_at = record.content_type =
        record.signed_with = text;
    record.kind = std::vector<std::string_view>{"telnyx", "twilio", "standard", "other"}[random_below(random, 4)];
    for (const auto& [name, value] : send(record, std::string(32, 'k')).headers) {
      EXPECT_TRUE(std::ranges::all_of(value, [](char c) { return c >= 0x20 && c < 0x7f; })) << name;
      EXPECT_LE(value.size(), name == "webhook-id" ? 255U : 5'000U) << name;
      EXPECT_TRUE(name != "webhook-id" || value.find_first_of(" .") == std::string::npos);
    }
  }
}

TEST(DeliveryId, IsAnothersForAnotherSourceOrEvent) {
  const std::vector<std::string> ids = {delivery_id("a", "b:c"),
                                        delivery_id("a:b", "c"),
                                        delivery_id("a", "b.c"),
                                        delivery_id("a", "b%2Ec"),
                                        delivery_id("a", "b c"),
                                        delivery_id("", "a:b:c"),
                                        delivery_id("a", std::string(300, 'x')),
                                        delivery_id("a", std::string(301, 'x'))};
  for (std::size_t i = 0; i < ids.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) EXPECT_NE(ids[i], ids[j]);
  }
}

}  // namespace
}  // namespace hookledger
