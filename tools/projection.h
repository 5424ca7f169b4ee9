#pragma once

#include <memory>
#include <optional>
#include <string>

#include "ingest/log/event_log.h"
#include "projector/api.h"
#include "projector/projection_folder.h"
#include "projector/projector.h"
#include "projector/retention.h"

namespace hookledger {

/// The projection of a running server: its folder, store, workers, queries and routes.
class Projection {
 public:
  /// Opens the live store and begins to fold. References outlive it. Errors: kInUse, kCorruption, kUnavailable.
  static Result<std::unique_ptr<Projection>> open(const std::string& data_dir, std::unique_ptr<RuleSet> rules,
                                                  EventLog& log, const Clock& clock, Logger& logger, unsigned threads);

  void add_routes(Router& router, std::string openapi);
  std::optional<std::string> not_ready() const { return projector_.not_ready(); }
  FoldProgress progress() const { return projector_.progress(); }
  const Queries& queries() const { return queries_; }
  const RuleSet& rules() const { return *rules_; }
  Result<RetentionDone> apply_retention(const RetentionLimits& limits, const std::function<bool()>& keep_going);
  void stop() { projector_.stop(); }

 private:
  struct Parts {
    EventLog& log;
    const Clock& clock;
    Logger& logger;
  };
  Projection(std::unique_ptr<RuleSet> rules, std::unique_ptr<ProjectionFolder> folder, std::unique_ptr<CallStore> store,
             Parts parts, unsigned threads);

  Parts parts_;
  std::unique_ptr<RuleSet> rules_;
  std::unique_ptr<ProjectionFolder> folder_;
  std::unique_ptr<CallStore> store_;
  Queries queries_;
  Projector projector_;
};

}  // namespace hookledger
