// Records and facts as released formats wrote them: tests/golden/README.md.
#include "tests/support/golden.h"

#include <gmock/gmock.h>

#include "tests/schemas/golden_values.h"

namespace hookledger {
namespace {

using testing::golden_facts;
using testing::golden_records;

std::string stored(const std::string& name) {
  std::ifstream file(std::filesystem::path(HOOKLEDGER_GOLDEN_DIR) / (name + ".bin"), std::ios::binary);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Golden, RecordsOfFormat1AreRead) {
  for (const auto& [name, expected] : golden_records()) {
    const std::string bytes = stored("v1/" + name);
    const auto record = decode_record(bytes);
    ASSERT_TRUE(record) << name << ": " << record.error().detail;
    for (const auto text : {&RecordView::id, &RecordView::source, &RecordView::type, &RecordView::leg_id,
                            &RecordView::key, &RecordView::content_type, &RecordView::signature, &RecordView::signed_at,
                            &RecordView::key_id, &RecordView::body}) {
      EXPECT_EQ((*record).*text, expected.*text) << name;
    }
    EXPECT_EQ(record->occurred_at, expected.occurred_at) << name;
    EXPECT_EQ(record->received_at, expected.received_at) << name;
    EXPECT_EQ(record->attempt, expected.attempt) << name;
    EXPECT_EQ(record->provenance, expected.provenance) << name;
    EXPECT_EQ(record->in_call, expected.in_call) << name;
    EXPECT_EQ(record->timed, expected.timed) << name;
  }
}

TEST(Golden, RecordsAreStillWrittenSo) {
  for (const auto& [name, record] : golden_records()) EXPECT_EQ(encode_record(record), stored("v1/" + name)) << name;
}

TEST(Golden, FactsOfFormat1AreRefusedSoThatTheyAreFoldedAnew) {
  EXPECT_FALSE(CallFacts::decode("call", stored("v1/call-facts")));
}

TEST(Golden, FactsOfFormat2AreReadAndStillWrittenSo) {
  const std::string bytes = stored("v2/call-facts");
  const auto facts = CallFacts::decode("call", bytes);
  ASSERT_TRUE(facts) << facts.error().detail;
  ASSERT_EQ(facts->events().size(), 6U);
  EXPECT_EQ(facts->partition(), 300U);
  EXPECT_EQ(facts->text(facts->events()[2].sip_hangup_cause), "200");
  EXPECT_TRUE(facts->events()[3].repeat);
  EXPECT_FALSE(facts->events()[1].timed);
  EXPECT_EQ(facts->events()[4].provenance, Provenance::kRecovered);
  EXPECT_EQ(facts->events()[4].offset, 5'000'000'000U);
  EXPECT_FALSE(facts->events()[4].telemetry);
  EXPECT_TRUE(facts->events()[5].telemetry);
  EXPECT_FALSE(facts->events()[5].repeat);
  EXPECT_EQ(facts->text(facts->events()[5].device), "device");
  EXPECT_EQ(facts->encode(), bytes);
  EXPECT_EQ(golden_facts().encode(), bytes);
}

}  // namespace
}  // namespace hookledger
