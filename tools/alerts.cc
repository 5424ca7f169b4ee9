#include "tools/alerts.h"

#include "schemas/standard_webhooks.h"
#include "tools/http_endpoint.h"
#include "tools/system_random.h"

namespace hookledger {
namespace {

constexpr std::chrono::seconds kTimeout(15);
/// No partition's.
constexpr std::uint32_t kSubjectsKey = UINT32_MAX;

class HttpReceiver final : public AlertReceiver {
 public:
  HttpReceiver(const AlertSettings& settings, const Clock& clock)
      : poster_(settings.url), key_(settings.key), clock_(clock) {}

  ReceiverAnswer tell(const std::string& id, const std::string& body, std::stop_token stop) override {
    const WebhookHeaders signed_headers = sign_webhook(key_, id, clock_.wall(), body);
    const auto answer = poster_.post({{"content-type", "application/json"},
                                      {"user-agent", "hookledger/" HOOKLEDGER_VERSION},
                                      {"webhook-id", signed_headers.id},
                                      {"webhook-timestamp", signed_headers.timestamp},
                                      {"webhook-signature", signed_headers.signature}},
                                     body, kTimeout, std::move(stop));
    if (!answer) return {.failure = answer.error().detail};
    return {.status = answer->status, .retry_after = parse_retry_after(answer->retry_after)};
  }

 private:
  http::Poster poster_;
  const std::string key_;
  const Clock& clock_;
};

}  // namespace

struct Alerts::Running {
  std::string name;
  std::shared_ptr<const LogReader> log;
  std::unique_ptr<AlertReceiver> receiver;
  Places places;
  std::optional<Alerter> alerter;
};

Alerts::Alerts() : memory_(make_key_value_memory()) {}
Alerts::~Alerts() = default;

Result<std::unique_ptr<Alerts>> Alerts::start(const std::vector<AlertSettings>& settings, Parts parts,
                                              const OpenLog& open_log, const OpenPlaces& open_places) {
  std::unique_ptr<Alerts> alerts(new Alerts);
  alerts->partitions_move_ = static_cast<bool>(open_places);
  for (const AlertSettings& each : settings) {
    auto log = open_log();
    if (!log) return log.error();
    auto running = std::make_unique<Running>();
    running->name = each.name;
    running->log = std::move(*log);
    running->receiver = std::make_unique<HttpReceiver>(each, parts.clock);
    if (open_places) {
      auto places = open_places(each.name);
      if (!places) return places.error();
      running->places = std::move(*places);
    }
    running->alerter.emplace(
        Alerter::Options{each.name, each.filter, each.group_window, random_number()},
        Alerter::Parts{*running->receiver, *running->log, parts.rules, parts.clock, parts.logger, parts.metrics,
                       running->places.of_calls.get(), running->places.of_subjects.get()});
    alerts->running_.push_back(std::move(running));
  }
  return alerts;
}

void Alerts::add(std::uint32_t key, Projection& projection, const std::string& folder) {
  const auto scope = partitions_move_ ? Alerter::Watched::Scope::kCalls : Alerter::Watched::Scope::kAll;
  for (const auto& running : running_) {
    running->alerter->add(
        key, {projection.store(), projection.partitions(), folder + "/alerts/" + running->name, memory_, scope});
  }
}

void Alerts::add_subjects(Projection& projection, const std::string& folder, const Here& here) {
  for (const auto& running : running_) {
    running->alerter->add(kSubjectsKey,
                          {projection.store(), projection.partitions(), folder + "/alerts/" + running->name, memory_,
                           Alerter::Watched::Scope::kSubjects, here});
  }
}

void Alerts::remove_subjects() { remove(kSubjectsKey); }

void Alerts::remove(std::uint32_t key) {
  for (const auto& running : running_) running->alerter->remove(key);
}

}  // namespace hookledger
