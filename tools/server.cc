#include "tools/server.h"

#include <iostream>
#include <thread>

#include "ingest/intake.h"
#include "ingest/webhooks.h"
#include "projector/api.h"
#include "projector/health.h"
#include "projector/projection.h"
#include "replay/forensic_route.h"
#include "replay/recovery/recovery_route.h"
#include "replay/redelivery/letters_route.h"
#include "schemas/text.h"
#include "tools/api_service.h"
#include "tools/certificate_watch.h"
#include "tools/data_access.h"
#include "tools/housekeeping.h"
#include "tools/kafka_settings.h"
#include "tools/listener_settings.h"
#include "tools/live_projection.h"
#include "tools/openapi_text.h"
#include "tools/recoveries.h"
#include "tools/server_log.h"
#include "tools/signals.h"
#include "tools/source_settings.h"
#include "tools/threads.h"

namespace hookledger {
namespace {

/// Of the time for draining: what comes after the webhook listener's, at most.
constexpr std::chrono::milliseconds kStopTime(500);
/// For commands, which may wait for others.
constexpr unsigned kCommandThreads = 2;

Result<RetentionLimits> read_retention(const Settings& settings, ServerRole role) {
  RetentionLimits limits;
  if (settings.has("retention")) {
    const auto age = settings.duration("retention", {});
    if (!age) return age.error();
    limits.age = *age;
  }
  if (settings.has("retention-bytes")) {
    const auto bytes = settings.bytes("retention-bytes", 0, UINT64_MAX);
    if (!bytes) return bytes.error();
    limits.bytes = *bytes;
  }
  if (role == ServerRole::kSink && limits.any()) {
    return usage_error(
        "--retention and --retention-bytes are for serve: they remove whole calls, and a sink knows no calls");
  }
  return limits;
}

Result<std::shared_ptr<const Sources>> required_sources(const Settings& settings) {
  auto sources = configured_sources(settings);
  if (sources && (*sources)->all().empty()) {
    return usage_error("no source: give --telnyx-public-key, or a [source.NAME] section in --config");
  }
  return sources;
}

/// The parts of a running server, in the order in which they depend on each other.
class RunningServer {
 public:
  RunningServer(const Settings& settings, const CommandContext& context, ServerRole role, Logger::Options logging)
      : settings_(settings), context_(context), role_(role), logger_(logging) {}
  ~RunningServer() { end_api(std::chrono::milliseconds(0)); }

  Result<int> run() {
    const auto sources = required_sources(settings_);
    if (!sources) return sources.error();
    const auto listeners = read_listeners(settings_, context_.clock);
    if (!listeners) return listeners.error();
    const auto retention = read_retention(settings_, role_);
    if (!retention) return retention.error();
    LiveSettings live;
    if (role_ == ServerRole::kEverything) {
      auto read = read_live_settings(settings_);
      if (!read) return read.error();
      live = std::move(*read);
    }
    if (auto opened = open_log(**sources, listeners->webhooks.limits); !opened) return opened.error();
    sources_.emplace(*sources);
    if (role_ == ServerRole::kEverything) {
      const auto opened = open_projection(std::move(live));
      if (!opened) return opened.error().code == ErrorCode::kStopping ? Result<int>(kExitDone) : opened.error();
      if (auto ready = open_recoveries(listeners->webhooks.limits.body_bytes_max); !ready) return ready.error();
    }
    add_routes();
    if (auto started = start_listeners(*listeners); !started) return started.error();
    std::cout << "listening webhooks=" << webhooks_->address() << " api=" << api_->address() << std::endl;
    work(*retention);
    stop(listeners->drain_timeout);
    return kExitDone;
  }

 private:
  Result<void> open_log(const Sources& sources, const http::Limits& limits) {
    if (role_ == ServerRole::kEverything && on_kafka(settings_)) {
      return usage_error("serve keeps its own log: with --kafka-brokers use hookledger sink and hookledger project");
    }
    auto opened = open_server_log(settings_, {limits.body_bytes_max, context_.clock, logger_, metrics_});
    if (!opened) return opened.error();
    log_ = std::move(opened->log);
    if (opened->on_kafka != nullptr) observe(*opened->on_kafka, readiness_, metrics_);
    return remember_keys(*log_, sources);
  }

  Result<void> open_projection(LiveSettings live) {
    const auto threads = thread_count(settings_);
    if (!threads) return threads.error();
    projection_.emplace(LiveProjection::Parts{*log_, context_.clock, logger_, metrics_},
                        LiveProjection::Options{data_dir(settings_), *threads, appends_to(*log_)});
    return projection_->open(std::move(live));
  }

  Result<void> open_recoveries(std::size_t body_bytes_max) {
    const auto configured = configured_recoveries(settings_);
    if (!configured) return configured.error();
    recoveries_.emplace(*configured, Recoveries::Parts{*log_, appends_to(*log_), [this] { return states_here(); },
                                                       context_.clock, logger_, metrics_, body_bytes_max});
    recoveries_->start(data_dir(settings_) + "/recovery");
    return {};
  }

  StatesHere states_here() const {
    StatesHere here{states()};
    here.all = !here.open.empty();
    return here;
  }

  /// None while the past is evaluated.
  std::vector<std::shared_ptr<State>> states() const {
    std::vector<std::shared_ptr<State>> here;
    if (auto projection = projection_->get()) here.push_back(std::move(projection));
    return here;
  }

  void add_routes() {
    readiness_.add("log", [this]() -> std::optional<std::string> {
      const LogHealth health = log_->health();
      return health.writable ? std::nullopt : std::optional(health.reason);
    });
    readiness_.add("server", [this]() -> std::optional<std::string> {
      if (stopping_) return "stopping";
      return serving_ ? std::nullopt : std::optional<std::string>("starting");
    });
    readiness_.add_warning("reload", [this] { return refused_.get(); });
    if (projection_) {
      readiness_.add("projection", [this] { return projection_->not_ready(); });
      const ApiParts parts{
          [this] { return states(); }, *log_, [this] { return projection_->rules(); }, context_.clock, {},
          std::string(kOpenApiText)};
      add_api_routes(router_, parts);
      add_forensic_route(router_, parts, [this] { return sources_->get(); });
      add_letters_routes(router_, [this] { return projection_->subscriptions().letter_boxes(); });
      add_recovery_route(router_, recoveries_->by_hand(), context_.clock, recoveries_->stop_token());
    }
    add_health_routes(router_, readiness_, metrics_);
  }

  Result<void> start_listeners(const Listeners& listeners) {
    auto api = listeners.api;
    api.make_service = [this](http::Responder& responder) {
      return make_api_service(router_, responder, nullptr, &*commands_);
    };
    api_ = std::make_unique<http::Server>(api);
    if (const auto failed = api_->start()) return Error{ErrorCode::kInUse, "--api-listen: " + *failed};
    auto webhooks = listeners.webhooks;
    webhooks.make_service = [this](http::Responder& responder) {
      return make_webhook_service({*sources_, *log_, context_.clock, logger_, metrics_}, responder);
    };
    webhooks_ = std::make_unique<http::Server>(webhooks);
    if (const auto failed = webhooks_->start()) return Error{ErrorCode::kInUse, "--listen: " + *failed};
    serving_ = true;
    return {};
  }

  /// Until a signal asks to stop.
  void work(const RetentionLimits& retention) {
    certificate_.emplace(CertificateWatch::Parts{*log_, *webhooks_, context_.clock, logger_});
    housekeeping_.emplace(Housekeeping::Parts{*log_, *webhooks_, projection_ ? &*projection_ : nullptr, context_.clock,
                                              logger_, metrics_},
                          retention);
    certificate_->tick();
    while (true) {
      switch (wait_for_signal(Housekeeping::kInterval)) {
        case Signal::kStop: return;
        case Signal::kReload: reload(); break;
        case Signal::kNone:
          housekeeping_->tick();
          certificate_->tick();
          if (projection_) projection_->tick();
          break;
      }
    }
  }

  void reload() {
    const auto settings = read_settings_again(role_ == ServerRole::kSink ? sink_command() : serve_command(), context_);
    const auto sources =
        settings ? required_sources(*settings) : Result<std::shared_ptr<const Sources>>(settings.error());
    if (!sources) return refuse("everything stays as it was", sources.error().detail);
    if (auto remembered = remember_keys(*log_, **sources); !remembered) {
      return refuse("everything stays as it was, the new keys cannot be kept", remembered.error().detail);
    }
    refused_.set({});
    sources_->set(*sources);
    const auto failed = webhooks_->reload_tls();
    if (failed) refuse("the certificate stays as it was", *failed);
    if ((projection_ && !reload_projection(*settings)) || failed) return;
    logger_.info("reloaded", {{"sources", std::to_string((*sources)->all().size())}});
  }

  void refuse(const std::string& what, const std::string& why) {
    logger_.error("reload refused: " + what, {{"reason", why}});
    refused_.set("the last reload was refused, and " + what + ": " + why);
  }

  /// When one of rules, alerts and subscriptions is wrong, those of before stay in force.
  bool reload_projection(const Settings& settings) {
    auto read = read_live_settings(settings);
    if (!read) {
      refuse("the rules, alerts and subscriptions of before are in force", read.error().detail);
      return false;
    }
    housekeeping_->pause();
    const auto replaced = projection_->replace(std::move(*read));
    housekeeping_->go_on();
    if (!replaced && replaced.error().code != ErrorCode::kStopping) {
      logger_.error("rules, alerts and subscriptions could not be put in force: restart",
                    {{"reason", replaced.error().detail}});
    }
    return replaced.has_value();
  }

  /// All of it within `drain_timeout`, if the disk is well.
  void stop(std::chrono::milliseconds drain_timeout) {
    const auto began = context_.clock.monotonic();
    const auto rest = std::min(drain_timeout / 4, kStopTime);
    stopping_ = true;
    logger_.info("stopping", {{"drain_timeout", format_duration(drain_timeout)}});
    housekeeping_->stop();
    if (recoveries_) recoveries_->request_stop();
    const auto took = std::chrono::ceil<std::chrono::milliseconds>(context_.clock.monotonic() - began);
    webhooks_->drain(std::max(drain_timeout - took - rest, std::chrono::milliseconds(0)));
    if (recoveries_) recoveries_->stop();
    log_->stop();
    if (projection_) projection_->stop();
    end_api(rest / 2);
  }

  /// Commands answer through the API's threads, so they end between its last request and its end.
  void end_api(std::chrono::milliseconds timeout) {
    if (!api_) return;
    api_->drain(timeout);
    commands_.reset();
    api_.reset();
  }

  const Settings& settings_;
  const CommandContext& context_;
  const ServerRole role_;
  Logger logger_;
  Metrics metrics_;
  std::optional<CertificateWatch> certificate_;  ///< The log tells it outcomes.
  std::unique_ptr<EventLog> log_;
  std::optional<LiveSources> sources_;
  std::optional<LiveProjection> projection_;
  std::optional<Recoveries> recoveries_;
  Warning refused_;
  Readiness readiness_;
  Router router_;
  std::atomic<bool> serving_ = false, stopping_ = false;
  std::unique_ptr<http::Server> webhooks_;
  std::optional<Housekeeping> housekeeping_;
  std::unique_ptr<http::Server> api_;
  std::optional<Workers> commands_{std::in_place, kCommandThreads};
};

}  // namespace

Result<int> run_server(const Settings& settings, const CommandContext& context, ServerRole role) {
  if (auto checked = expect_positional(settings, 0, ""); !checked) return checked.error();
  const auto format = settings.word("log-format", {"text", "json"});
  if (!format) return format.error();
  block_signals();
  RunningServer server(settings, context, role, {.json = *format == "json", .level = Logger::Level::kInfo});
  return server.run();
}

}  // namespace hookledger
