#pragma once

#include <atomic>
#include <string>

#include "ingest/http/http.h"
#include "ingest/log/event_log.h"
#include "schemas/clock.h"
#include "schemas/logging.h"

namespace hookledger {

/// Puts into the log how long the certificate of the webhook listener is valid: at first, when it is another, and every
/// day, so that a rule finds it (FM-16). Without TLS it does nothing. What the log does not take is tried again. `tick`
/// on one thread; outlives the log's last outcome.
class CertificateWatch final : public AppendObserver {
 public:
  struct Parts {  ///< All outlive it.
    EventLog& log;
    const http::Server& webhooks;
    const Clock& clock;
    Logger& logger;
  };

  explicit CertificateWatch(Parts parts) : parts_(parts) {}

  /// Every now and then.
  void tick();
  void appended(std::vector<AppendOutcome> outcomes) override;

 private:
  const Parts parts_;
  std::string said_;  ///< Of which certificate and day.
  std::atomic<bool> failed_ = false;
};

}  // namespace hookledger
