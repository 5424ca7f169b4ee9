#include "tools/certificate_watch.h"

#include <chrono>

#include "ingest/certificate_event.h"

namespace hookledger {

void CertificateWatch::tick() {
  const auto certificate = parts_.webhooks.certificate();
  if (!certificate) return;
  const Time now = parts_.clock.wall();
  const auto day = std::chrono::floor<std::chrono::days>(now).time_since_epoch().count();
  std::string saying = certificate->fingerprint + ' ' + std::to_string(day);
  if (saying == said_ && !failed_.exchange(false)) return;
  Append append = certificate_append(*certificate, now, parts_.log.partitions());
  append.observer = this;
  if (const auto submitted = parts_.log.submit({&append, 1}); submitted) said_ = std::move(saying);
}

void CertificateWatch::appended(std::vector<AppendOutcome> outcomes) {
  for (const AppendOutcome& outcome : outcomes) {
    if (outcome.result) continue;
    failed_ = true;
    parts_.logger.warning("the log did not take how long the certificate is valid, trying again",
                          {{"reason", outcome.result.error().detail}});
  }
}

}  // namespace hookledger
