#include "tools/housekeeping.h"

#include "tools/state_metrics.h"

namespace hookledger {
namespace {

constexpr std::uint64_t kTicksPerCount = 5, kTicksPerProgressLine = 5, kTicksPerRetention = 60;

}  // namespace

Housekeeping::Housekeeping(Parts parts, const RetentionLimits& retention) : parts_(parts), retention_(retention) {
  parts_.metrics.on_collect([this] { measure(); });
}

void Housekeeping::pause() {
  stopping_ = true;
  if (!retention_pass_.valid()) return;
  retention_pass_.wait();
  retention_pass_ = {};  // What it held, too.
}

void Housekeeping::tick() {
  ++ticks_;
  const auto projection = parts_.projection == nullptr ? nullptr : parts_.projection->get();
  if (projection == nullptr) return;
  if (ticks_ % kTicksPerCount == 1) {
    count_findings({&projection->queries()}, projection->queries().rules(), parts_.clock.wall(), parts_.metrics);
  }
  if (!ready_ && ticks_ % kTicksPerProgressLine == 0) show_progress(*projection);
  if (ticks_ % kTicksPerRetention == 1) start_retention(projection);
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
  const auto projection = parts_.projection == nullptr ? nullptr : parts_.projection->get();
  if (projection != nullptr) show_lag(projection->projector().progress(), metrics);
}

void Housekeeping::show_progress(const Projection& projection) {
  ready_ = !projection.projector().not_ready();
  if (ready_) return;
  const FoldProgress fold = projection.projector().progress();
  parts_.logger.info("folding the log", {{"done", std::to_string(fold.done)}, {"total", std::to_string(fold.total)}});
}

void Housekeeping::start_retention(std::shared_ptr<Projection> projection) {
  if (!retention_.any()) return;
  if (retention_pass_.valid() && retention_pass_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return;
  retention_pass_ = std::async(std::launch::async, [this, projection = std::move(projection)] {
    const auto done = apply_retention(retention_, projection->store(), parts_.log, projection->queries().rules(),
                                      parts_.clock.wall(), [this] { return !stopping_; });
    if (!done) {
      parts_.logger.error("retention failed, trying again in a minute", {{"reason", done.error().detail}});
    } else if (done->records > 0) {
      parts_.logger.info("retention removed records",
                         {{"calls", std::to_string(done->calls)}, {"records", std::to_string(done->records)}});
    }
  });
}

}  // namespace hookledger
