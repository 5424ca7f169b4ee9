#include "tools/project_server.h"

#include "projector/api.h"
#include "replay/forensic_route.h"
#include "replay/recovery/recovery_route.h"
#include "tools/api_service.h"
#include "tools/ask_peer.h"
#include "tools/openapi_text.h"
#include "tools/state_metrics.h"

namespace hookledger {
namespace {

constexpr std::uint64_t kTicksPerCount = 5, kTicksPerProgressLine = 5;
/// Requests that wait for other projectors take no CPU meanwhile.
constexpr unsigned kWorkersPerThread = 4;

bool is_every_address(std::string_view address) {
  return address.starts_with("0.0.0.0:") || address.starts_with("[::]:");
}

}  // namespace

ProjectServer::ProjectServer(Parts parts, Options options, OwnerOf owner_of)
    : parts_(parts), options_(std::move(options)) {
  add_routes(std::move(owner_of));
  parts_.metrics.on_collect([this] { measure(); });
}

ProjectServer::~ProjectServer() { stop(std::chrono::milliseconds(0)); }

void ProjectServer::add_routes(OwnerOf owner_of) {
  readiness_.add("server", [this] { return stopping_ ? std::optional<std::string>("stopping") : std::nullopt; });
  readiness_.add("projection", [this] { return parts_.states.not_ready(); });
  if (parts_.subjects) {
    readiness_.add("devices and ratios", [this]() -> std::optional<std::string> {
      const auto subjects = parts_.subjects();
      return subjects ? subjects->projector().not_ready() : std::optional<std::string>(PartitionStates::kEvaluating);
    });
  }
  const ApiParts api{[this] { return parts_.states.owned(); },
                     parts_.log,
                     parts_.rules,
                     parts_.clock,
                     Peers{std::move(owner_of), ask_peer},
                     std::string(kOpenApiText),
                     parts_.subjects};
  add_api_routes(router_, api);
  add_forensic_route(router_, api, [sources = options_.sources] { return sources; });
  add_health_routes(router_, readiness_, parts_.metrics);
}

void ProjectServer::add_recoveries(std::vector<Recovery*> recoveries, std::stop_token stop) {
  add_recovery_route(router_, std::move(recoveries), parts_.clock, std::move(stop));
}

Result<void> ProjectServer::start() {
  workers_.emplace(kWorkersPerThread * options_.threads);
  options_.api.make_service = [this](http::Responder& responder) {
    return make_api_service(router_, responder, &*workers_, &*workers_);
  };
  server_ = std::make_unique<http::Server>(options_.api);
  if (const auto failed = server_->start()) return Error{ErrorCode::kInUse, "--api-listen: " + *failed};
  url_ = options_.advertise.empty() ? "http://" + server_->address() : options_.advertise;
  if (options_.advertise.empty() && is_every_address(server_->address())) {
    return Error{ErrorCode::kUsage, "--api-listen " + server_->address() +
                                        " is every address of this machine: say with --advertise http://HOST:PORT by "
                                        "which one other projectors reach it"};
  }
  return {};
}

void ProjectServer::tick() {
  ++ticks_;
  parts_.states.try_again();
  if (ticks_ % kTicksPerCount == 1) {
    const auto states = parts_.states.owned();
    std::vector<const Queries*> queries;
    for (const auto& state : states) queries.push_back(&state->queries());
    count_findings(queries, *parts_.rules(), parts_.clock.wall(), parts_.metrics);
  }
  if (ticks_ % kTicksPerProgressLine == 0) show_progress();
}

void ProjectServer::measure() const {
  parts_.metrics.gauge("hookledger_partitions_owned", "Partitions that this process answers for.")
      .set(static_cast<double>(parts_.states.owned().size()));
  show_lag(parts_.states.progress(), parts_.metrics);
}

void ProjectServer::show_progress() {
  const bool was_ready = std::exchange(was_ready_, !parts_.states.not_ready());
  if (was_ready || was_ready_) return;
  const FoldProgress fold = parts_.states.progress();
  parts_.logger.info("folding the log", {{"done", std::to_string(fold.done)}, {"total", std::to_string(fold.total)}});
}

void ProjectServer::stop(std::chrono::milliseconds timeout) {
  if (!server_ || stopping_.exchange(true)) return;
  server_->drain(timeout);
  workers_.reset();
}

}  // namespace hookledger
