// G8: a record can be verified again from the log alone, also when its key is no longer configured.
#include <gmock/gmock.h>

#include "ingest/log/log_store.h"
#include "replay/verify_log.h"
#include "tests/guarantees/ledger.h"

namespace hookledger::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

const std::string kOldKey = key_id(key_pair(7).public_key), kNewKey = key_id(key_pair(8).public_key);

class EvidenceKept : public ::testing::Test {
 protected:
  void post(const std::string& body, unsigned char seed) {
    Peer peer(ledger_.address());
    ASSERT_EQ(peer.status_of(sign(body, ledger_.clock().wall(), seed).request()), 200U);
  }
  std::string body(const std::string& id) { return telnyx_body(id, "call.hangup", "call " + id, "leg", kStart, " \n"); }

  Ledger ledger_;
};

TEST_F(EvidenceKept, YearsLaterFromTheLogAlone) {
  std::vector<std::string> bodies = {body("1"), body("2"), "not json at all\r\n", body("3")};
  for (const std::string& sent : bodies) post(sent, 7);
  ledger_.use(one_source({key_pair(7), key_pair(8)}));  // Rotation: both for a while, then the new one alone.
  ledger_.log().remember_key(key_pair(8).public_key).value();
  post(body("4"), 8);
  ledger_.use(one_source({key_pair(8)}));
  {
    Peer peer(ledger_.address());
    EXPECT_EQ(peer.status_of(sign(body("5"), ledger_.clock().wall(), 7).request()), 403U);
  }
  post(body("6"), 8);
  ledger_.stop();

  const auto log = open_embedded_log_reader(ledger_.log_path()).value();
  const auto sources = one_source({key_pair(8)});
  const LogVerification verified = verify_log(*log, sources.get());
  EXPECT_EQ(verified.records, 6U);
  EXPECT_EQ(verified.valid, 6U);
  EXPECT_EQ(verified.mismatches, 0U);
  EXPECT_THAT(verified.unconfigured_keys, ElementsAre(Pair(kOldKey, 4U)));
  EXPECT_THAT(verify_log(*log, nullptr).unconfigured_keys, IsEmpty());

  std::vector<std::string> kept;
  for (std::uint32_t partition = 0; partition < log->partitions(); ++partition) {
    const auto cursor = log->scan(partition, 0);
    while (cursor->next().value()) {
      const RecordView record = decode_record(cursor->bytes()).value();
      kept.emplace_back(record.body);
      EXPECT_TRUE(record.key_id == kOldKey || record.key_id == kNewKey);
      // By hand, as anybody can: the key from the keyring, the signature over what is stored.
      const auto signature = decode_base64(record.signature).value();
      Ed25519Signature bytes;
      std::copy(signature.begin(), signature.end(), bytes.begin());
      EXPECT_TRUE(log->find_key(record.key_id)
                      .value()
                      .verifies(bytes, std::string(record.signed_at) + "|" + std::string(record.body)));
    }
  }
  bodies.push_back(body("4"));
  bodies.push_back(body("6"));
  EXPECT_THAT(kept, ::testing::UnorderedElementsAreArray(bodies));
}

TEST_F(EvidenceKept, WhoChangesABodyCannotHideIt) {
  post(body("1"), 7);
  const Place place = ledger_.all_records().at(0).place;
  const std::string bytes = ledger_.all_records().at(0).bytes;
  ledger_.stop();
  RecordView record = decode_record(bytes).value();
  std::string forged_body(record.body);
  forged_body.replace(forged_body.find("+12025550100"), 12, "+12025550199");
  record.body = forged_body;
  {
    const ManualClock clock(kStart);
    const auto store = LogStore::open({.path = ledger_.log_path()}, clock).value();
    store->write({.records = {{place, encode_record(record), "forged"}}, .deliveries = {}, .appended_at = kStart})
        .value();
  }
  const LogVerification verified = verify_log(*open_embedded_log_reader(ledger_.log_path()).value(), nullptr);
  EXPECT_EQ(verified.invalid, 1U);
  EXPECT_EQ(verified.mismatches, 1U);
  ASSERT_EQ(verified.first_mismatches.size(), 1U);
  EXPECT_EQ(verified.first_mismatches[0].code, "signature-invalid");
  EXPECT_EQ(verified.first_mismatches[0].place, place);
}

}  // namespace
}  // namespace hookledger::testing
