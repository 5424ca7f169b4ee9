#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "ingest/http/http.h"
#include "ingest/log/event_log.h"
#include "ingest/sources.h"
#include "schemas/clock.h"
#include "schemas/logging.h"
#include "schemas/metrics.h"

namespace hookledger {

/// The sources in force; a reload stores new ones, requests already read keep theirs. Threads: any.
class LiveSources {
 public:
  explicit LiveSources(std::shared_ptr<const Sources> sources) : sources_(std::move(sources)) {}
  std::shared_ptr<const Sources> get() const { return sources_.load(); }
  void set(std::shared_ptr<const Sources> sources) { sources_.store(std::move(sources)); }

 private:
  std::atomic<std::shared_ptr<const Sources>> sources_;
};

/// What the webhook services of all I/O threads share. All outlive the server.
struct WebhookContext {
  const LiveSources& sources;
  EventLog& log;
  const Clock& clock;
  Logger& logger;
  Metrics& metrics;
};

/// One I/O thread's webhook service: CONTRACT, "HTTP: webhooks". It puts requests aside as they are read, verifies
/// them back to back in `flush`, and answers when the log reports.
std::unique_ptr<http::Service> make_webhook_service(const WebhookContext& context, http::Responder& responder);

/// The answer of CONTRACT for a request that HTTP itself refuses; for every listener.
http::Response refusal_response(http::Refusal refusal);

/// `application/problem+json`; 503 carries Retry-After.
http::Response problem_response(unsigned status, std::string_view code, std::string_view title,
                                std::string_view detail = {});

}  // namespace hookledger
