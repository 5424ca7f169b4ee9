#include "tools/server.h"

#include <filesystem>
#include <iostream>
#include <thread>

#include "ingest/intake.h"
#include "ingest/log/embedded_log.h"
#include "ingest/webhooks.h"
#include "projector/health.h"
#include "schemas/text.h"
#include "tools/api_service.h"
#include "tools/data_access.h"
#include "tools/housekeeping.h"
#include "tools/listener_settings.h"
#include "tools/log_settings.h"
#include "tools/openapi_text.h"
#include "tools/projection.h"
#include "tools/rule_settings.h"
#include "tools/signals.h"
#include "tools/source_settings.h"
#include "tools/threads.h"

namespace hookledger {
namespace {

/// A record may hold an id as long as its body, as id and as key, beside the body.
constexpr std::size_t kRecordBytesPerBodyByte = 4;
/// Of the time for draining: what comes after the webhook listener's, at most.
constexpr std::chrono::milliseconds kStopTime(500);

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

  Result<int> run() {
    const auto sources = required_sources(settings_);
    if (!sources) return sources.error();
    const auto listeners = read_listeners(settings_, context_.clock);
    if (!listeners) return listeners.error();
    const auto retention = read_retention(settings_, role_);
    if (!retention) return retention.error();
    if (auto opened = open_log(**sources, listeners->webhooks.limits); !opened) return opened.error();
    sources_.emplace(*sources);
    if (role_ == ServerRole::kEverything) {
      if (auto opened = open_projection(); !opened) return opened.error();
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
    auto options = log_options(settings_);
    if (!options) return options.error();
    std::size_t& queue_bytes = options->limits.queue_bytes_max;
    queue_bytes = std::max(queue_bytes, kRecordBytesPerBodyByte * limits.body_bytes_max);
    std::error_code error;
    std::filesystem::create_directories(options->store.path, error);
    if (error)
      return Error{ErrorCode::kUnavailable, "data dir " + data_dir(settings_) + " cannot be made: " + error.message()};
    auto log = open_embedded_log(*options, context_.clock, logger_, metrics_);
    if (!log) return log.error();
    log_ = std::move(*log);
    return remember_keys(*log_, sources);
  }

  Result<void> open_projection() {
    const auto threads = thread_count(settings_);
    if (!threads) return threads.error();
    auto projection =
        Projection::open(data_dir(settings_), configured_rules(settings_), *log_, context_.clock, logger_, *threads);
    if (!projection) return projection.error();
    projection_ = std::move(*projection);
    return {};
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
    if (projection_) {
      readiness_.add("projection", [this] { return projection_->not_ready(); });
      projection_->add_routes(router_, std::string(kOpenApiText));
    }
    add_health_routes(router_, readiness_, metrics_);
  }

  Result<void> start_listeners(const Listeners& listeners) {
    auto api = listeners.api;
    api.make_service = [this](http::Responder& responder) { return make_api_service(router_, responder); };
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
    housekeeping_.emplace(Housekeeping::Parts{*log_, *webhooks_, projection_.get(), context_.clock, logger_, metrics_},
                          retention);
    while (true) {
      switch (wait_for_signal(Housekeeping::kInterval)) {
        case Signal::kStop: return;
        case Signal::kReload: reload(); break;
        case Signal::kNone: housekeeping_->tick(); break;
      }
    }
  }

  void reload() {
    const auto settings = read_settings_again();
    const auto sources =
        settings ? required_sources(*settings) : Result<std::shared_ptr<const Sources>>(settings.error());
    if (!sources) {
      logger_.error("reload refused, everything stays as it was", {{"reason", sources.error().detail}});
      return;
    }
    if (auto remembered = remember_keys(*log_, **sources); !remembered) {
      logger_.error("reload refused, the new keys cannot be kept", {{"reason", remembered.error().detail}});
      return;
    }
    sources_->set(*sources);
    if (const auto failed = webhooks_->reload_tls()) {
      logger_.error("the certificate stays as it was", {{"reason", *failed}});
      return;
    }
    logger_.info("reloaded", {{"sources", std::to_string((*sources)->all().size())}});
  }

  Result<Settings> read_settings_again() const {
    std::vector<OptionSpec> own = (role_ == ServerRole::kSink ? sink_command() : serve_command()).options;
    for (const OptionSpec& option : common_options()) own.push_back(option);
    return read_settings(context_.arguments, own, all_options());
  }

  /// All of it within `drain_timeout`, if the disk is well.
  void stop(std::chrono::milliseconds drain_timeout) {
    const auto began = context_.clock.monotonic();
    const auto rest = std::min(drain_timeout / 4, kStopTime);
    stopping_ = true;
    logger_.info("stopping", {{"drain_timeout", format_duration(drain_timeout)}});
    housekeeping_->stop();
    const auto took = std::chrono::ceil<std::chrono::milliseconds>(context_.clock.monotonic() - began);
    webhooks_->drain(std::max(drain_timeout - took - rest, std::chrono::milliseconds(0)));
    log_->stop();
    if (projection_) projection_->stop();
    api_->drain(rest / 2);
  }

  const Settings& settings_;
  const CommandContext& context_;
  const ServerRole role_;
  Logger logger_;
  Metrics metrics_;
  std::unique_ptr<EventLog> log_;
  std::optional<LiveSources> sources_;
  std::unique_ptr<Projection> projection_;
  Readiness readiness_;
  Router router_;
  std::atomic<bool> serving_ = false, stopping_ = false;
  std::unique_ptr<http::Server> webhooks_;
  std::optional<Housekeeping> housekeeping_;
  std::unique_ptr<http::Server> api_;
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
