#include "ingest/certificate_event.h"

#include <gtest/gtest.h>

#include "schemas/record.h"

namespace hookledger {
namespace {

using namespace std::chrono_literals;

const Time kNow(std::chrono::sys_days(std::chrono::year{2026} / 2 / 8) + 10h + 15min);
const http::Certificate kCertificate{"hooks.example.org", "fingerprint", kNow + 13 * 24h + 23h};

RecordView record_of(const Append& append) { return decode_record(append.record).value(); }

TEST(CertificateEvent, SaysHowLongTheCertificateIsValidAndThatNobodySignedIt) {
  const Append append = certificate_append(kCertificate, kNow, 8);
  const RecordView record = record_of(append);
  EXPECT_EQ(record.type, "hookledger.certificate");
  EXPECT_EQ(record.source, "hookledger");
  EXPECT_EQ(record.kind, "standard");
  EXPECT_EQ(record.provenance, Provenance::kSynthetic);
  EXPECT_EQ(record.signature, "");
  EXPECT_EQ(record.key, "hookledger");
  EXPECT_EQ(record.occurred_at, kNow);
  EXPECT_NE(
      record.body.find(R"("subject":"hooks.example.org","not_after":"2026-02-22T09:15:00.000000Z","days_left":13)"),
      std::string_view::npos)
      << record.body;
  EXPECT_EQ(append.partition, partition_of("hookledger", 8));
}

TEST(CertificateEvent, OneCertificateOnOneDayIsOneEvent) {
  const std::string key = certificate_append(kCertificate, kNow, 8).dedup_key;
  EXPECT_EQ(certificate_append(kCertificate, kNow + 13h, 8).dedup_key, key);
  EXPECT_NE(certificate_append(kCertificate, kNow + 14h, 8).dedup_key, key) << "the next day";
  http::Certificate renewed = kCertificate;
  renewed.fingerprint = "another";
  EXPECT_NE(certificate_append(renewed, kNow, 8).dedup_key, key);
}

TEST(CertificateEvent, ACertificateThatIsOverHasNegativeDays) {
  const Append append = certificate_append(kCertificate, kCertificate.not_after + 1h, 8);
  EXPECT_NE(record_of(append).body.find(R"("days_left":-1)"), std::string_view::npos);
}

}  // namespace
}  // namespace hookledger
