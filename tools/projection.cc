#include "tools/projection.h"

#include "replay/forensic_route.h"

namespace hookledger {
namespace {

/// A read waits so long for what was durable when it came.
constexpr std::chrono::milliseconds kSettleTimeout(1000);

}  // namespace

Result<std::unique_ptr<Projection>> Projection::open(const std::string& data_dir, std::unique_ptr<RuleSet> rules,
                                                     EventLog& log, const Clock& clock, Logger& logger,
                                                     unsigned threads) {
  auto folder = ProjectionFolder::own(data_dir);
  if (!folder) return folder.error();
  auto live = (*folder)->open_live(log, *rules);
  if (!live) return live.error();
  if (!live->discarded.empty()) {
    logger.warning("the projection is folded anew from the log", {{"reason", live->discarded}});
  }
  std::unique_ptr<Projection> projection(
      new Projection(std::move(rules), std::move(*folder), std::move(live->store), {log, clock, logger}, threads));
  if (auto started = projection->projector_.start(); !started) return started.error();
  return projection;
}

Projection::Projection(std::unique_ptr<RuleSet> rules, std::unique_ptr<ProjectionFolder> folder,
                       std::unique_ptr<CallStore> store, Parts parts, unsigned threads)
    : parts_(parts),
      rules_(std::move(rules)),
      folder_(std::move(folder)),
      store_(std::move(store)),
      queries_(*store_, *rules_),
      projector_({*store_, parts.log, *rules_, parts.clock, parts.logger}, threads) {}

void Projection::add_routes(Router& router, std::string openapi) {
  const ApiParts parts{
      queries_, parts_.log, parts_.clock,
      [this](std::optional<std::uint32_t> partition) { return projector_.settle(partition, kSettleTimeout); },
      std::move(openapi)};
  add_api_routes(router, parts);
  add_forensic_route(router, parts, *rules_);
}

Result<RetentionDone> Projection::apply_retention(const RetentionLimits& limits,
                                                  const std::function<bool()>& keep_going) {
  return hookledger::apply_retention(limits, *store_, parts_.log, *rules_, parts_.clock.wall(), keep_going);
}

}  // namespace hookledger
