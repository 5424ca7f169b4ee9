#include "tools/housekeeping.h"

#include <map>

namespace hookledger {
namespace {

constexpr std::uint64_t kTicksPerCount = 5, kTicksPerProgressLine = 5, kTicksPerRetention = 60;
constexpr std::size_t kFindingsPage = 10'000;

}  // namespace

Housekeeping::Housekeeping(Parts parts, const RetentionLimits& retention) : parts_(parts), retention_(retention) {
  parts_.metrics.on_collect([this] { measure(); });
}

void Housekeeping::stop() {
  stopping_ = true;
  if (retention_pass_.valid()) retention_pass_.wait();
}

void Housekeeping::tick() {
  ++ticks_;
  if (parts_.projection == nullptr) return;
  if (ticks_ % kTicksPerCount == 1) count_findings();
  if (!ready_ && ticks_ % kTicksPerProgressLine == 0) show_progress();
  if (ticks_ % kTicksPerRetention == 1) start_retention();
}

void Housekeeping::measure() const {
  Metrics& metrics = parts_.metrics;
  const LogStatistics log = parts_.log.statistics();
  metrics.gauge("hookledger_log_bytes", "Bytes of the log on disk.").set(static_cast<double>(log.bytes_on_disk));
  metrics.gauge("hookledger_log_queue_records", "Records that wait for the disk.")
      .set(static_cast<double>(log.append_queue_records));
  metrics.gauge("hookledger_log_writable", "1 when the log can be written.").set(parts_.log.health().writable ? 1 : 0);
  const http::ServerStatistics server = parts_.webhooks.statistics();
  metrics.gauge("hookledger_connections", "Open connections of the webhook listener.")
      .set(static_cast<double>(server.connections));
  if (server.certificate_days) {
    metrics.gauge("hookledger_certificate_days", "Days until the webhook listener's certificate expires.")
        .set(*server.certificate_days);
  }
  if (parts_.projection == nullptr) return;
  const FoldProgress fold = parts_.projection->progress();
  metrics.gauge("hookledger_projection_lag_records", "Durable records that are not yet in the state.")
      .set(static_cast<double>(fold.total - std::min(fold.done, fold.total)));
}

void Housekeeping::count_findings() const {
  std::map<std::string, double> open;
  for (const RuleInfo& rule : parts_.projection->rules().rules()) open[rule.name] = 0;
  PageRequest page{kFindingsPage, {}};
  const auto findings = parts_.projection->queries().findings({}, page, parts_.clock.wall());
  if (!findings) return;
  for (const Finding& finding : findings->items) ++open[finding.rule];
  for (const auto& [rule, count] : open) {
    parts_.metrics.gauge("hookledger_findings_open", "Open findings by rule, of the newest 10,000.", {{"rule", rule}})
        .set(count);
  }
}

void Housekeeping::show_progress() {
  ready_ = !parts_.projection->not_ready();
  if (ready_) return;
  const FoldProgress fold = parts_.projection->progress();
  parts_.logger.info("folding the log", {{"done", std::to_string(fold.done)}, {"total", std::to_string(fold.total)}});
}

void Housekeeping::start_retention() {
  if (!retention_.any()) return;
  if (retention_pass_.valid() && retention_pass_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return;
  retention_pass_ = std::async(std::launch::async, [this] {
    const auto done = parts_.projection->apply_retention(retention_, [this] { return !stopping_; });
    if (!done) {
      parts_.logger.error("retention failed, trying again in a minute", {{"reason", done.error().detail}});
    } else if (done->records > 0) {
      parts_.logger.info("retention removed records",
                         {{"calls", std::to_string(done->calls)}, {"records", std::to_string(done->records)}});
    }
  });
}

}  // namespace hookledger
