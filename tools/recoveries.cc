#include "tools/recoveries.h"

#include <algorithm>

#include "ingest/http/requester.h"
#include "schemas/text.h"
#include "tools/system_random.h"

namespace hookledger {
namespace {

constexpr std::chrono::seconds kTimeout(30);
constexpr std::size_t kAnswerBytesMax = std::size_t{64} * 1024 * 1024;
constexpr std::uint64_t kSecondsMax = 24 * 3600;

std::optional<Duration> parse_seconds(const std::string& text) {
  const auto seconds = parse_unsigned(text);
  if (!seconds) return std::nullopt;
  return std::chrono::seconds(std::min(*seconds, kSecondsMax));
}

class HttpApi final : public ApiTransport {
 public:
  explicit HttpApi(const RecoverySettings& settings)
      : path_(settings.api.target),
        authorization_("Bearer " + settings.key),
        requester_(settings.api, kAnswerBytesMax) {}

  ApiAnswer get(const std::string& target, std::stop_token stop) override {
    const std::string whole = path_ + target;
    auto answer =
        requester_.ask({.target = whole,
                        .headers = {{"authorization", authorization_},
                                    {"accept", "application/json"},
                                    {"user-agent", "hookledger/" HOOKLEDGER_VERSION}},
                        .wanted = {"x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "retry-after"}},
                       kTimeout, std::move(stop));
    if (!answer) return {.failure = answer.error().detail};
    const auto& headers = answer->headers;
    RateLimitSaid limits{.limit = parse_unsigned(headers[0]),
                         .remaining = parse_unsigned(headers[1]),
                         .reset = parse_seconds(headers[2]),
                         .retry_after = parse_seconds(headers[3])};
    return {.status = answer->status, .body = std::move(answer->body), .limits = limits};
  }

 private:
  const std::string path_, authorization_;
  http::Requester requester_;
};

bool pause(Duration time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace

struct Recoveries::OfSource {
  OfSource(RecoverySettings its, const Parts& parts)
      : settings(std::move(its)),
        transport(settings),
        client(settings.source, {transport, parts.clock, parts.metrics, pause}, random_number()),
        api(settings.api.target, client),
        api_by_hand(settings.api.target, client, parts.patience_by_hand),
        recovery(settings.source, parts.log.partitions(), of(parts, api)),
        by_hand(settings.source, parts.log.partitions(), of(parts, api_by_hand)) {}

  static Recovery::Parts of(const Parts& parts, TelnyxApi& api) {
    return {api,          parts.append,  parts.states,     parts.clock,
            parts.logger, parts.metrics, parts.calls_only, parts.body_bytes_max};
  }

  const RecoverySettings settings;
  HttpApi transport;
  ApiClient client;
  TelnyxApi api, api_by_hand;
  Recovery recovery, by_hand;
  std::optional<Recoverer> recoverer;
};

Recoveries::Recoveries(const std::vector<RecoverySettings>& settings, Parts parts) : parts_(std::move(parts)) {
  for (const RecoverySettings& each : settings) sources_.push_back(std::make_unique<OfSource>(each, parts_));
}

Recoveries::~Recoveries() { stop(); }

std::vector<Recovery*> Recoveries::by_hand() const {
  std::vector<Recovery*> recoveries;
  for (const auto& source : sources_) recoveries.push_back(&source->by_hand);
  return recoveries;
}

void Recoveries::start(const std::string& folder) {
  if (sources_.empty()) {
    parts_.logger.info("no source has an API key: what is lost is found, and not fetched");
  }
  for (const auto& source : sources_) {
    source->recoverer.emplace(
        Recoverer::Options{source->settings.connections, source->settings.interval, folder, random_number()},
        Recoverer::Parts{source->recovery, parts_.log, parts_.states, parts_.clock, parts_.logger, parts_.metrics});
  }
}

void Recoveries::request_stop() {
  stop_.request_stop();
  for (const auto& source : sources_) {
    if (source->recoverer) source->recoverer->request_stop();
  }
}

void Recoveries::stop() {
  request_stop();
  for (const auto& source : sources_) source->recoverer.reset();
}

}  // namespace hookledger
