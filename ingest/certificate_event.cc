#include "ingest/certificate_event.h"

#include <chrono>

#include "ingest/own_event.h"
#include "schemas/crypto.h"
#include "schemas/json.h"

namespace hookledger {
namespace {

constexpr std::string_view kDevice = "hookledger";
constexpr std::size_t kDateSize = 10, kDigestSize = 16;

}  // namespace

Append certificate_append(const http::Certificate& certificate, Time now, std::uint32_t partitions) {
  const std::string date = format_time(now).substr(0, kDateSize);
  JsonWriter body;
  body.begin_object();
  body.member("specversion", "1.0");
  body.member("id", "certificate-" + blake2b_256_hex(certificate.fingerprint).substr(0, kDigestSize) + "-" + date);
  body.member("source", "/hookledger");
  body.member("type", "hookledger.certificate");
  body.member("time", std::optional(now));
  body.key("data");
  body.begin_object();
  body.member("device_id", kDevice);
  body.member("subject", certificate.subject);
  body.member("not_after", std::optional(certificate.not_after));
  body.key("days_left");
  body.number(std::int64_t{std::chrono::floor<std::chrono::days>(certificate.not_after - now).count()});
  body.end_object();
  body.end_object();
  return own_event(body.view(), now, partitions);
}

}  // namespace hookledger
