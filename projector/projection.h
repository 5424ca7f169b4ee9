#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ingest/log/event_log.h"
#include "projector/projection_folder.h"
#include "projector/projector.h"
#include "projector/state.h"

namespace hookledger {

/// A projection at work: its folder, its store, and the projector that keeps it at the end of the log. Threads: any.
class Projection : public State {
 public:
  struct Parts {  ///< All outlive it.
    LiveLog& log;
    const RuleSet& rules;
    const Clock& clock;
    Logger& logger;
    const Projection* subjects = nullptr;  ///< Of all partitions, where devices and ratios are found; null: itself.
    std::function<bool()> give_up{};       ///< Ends an evaluation of the past by changed rules; null: nothing does.
  };
  struct Options {
    std::string data_dir;                            ///< It is in `projection` there.
    std::vector<std::uint32_t> partitions{};         ///< Ascending; none given: every one of the log.
    unsigned threads = 1;                            ///< Of the projector.
    std::shared_ptr<const KeyValueMemory> memory{};  ///< Null: its own.
  };

  /// Opens the live store and begins to fold on from there. Errors: kInUse, kCorruption, kUnavailable, kStopping.
  static Result<std::unique_ptr<Projection>> open(Options options, Parts parts);

  const std::vector<std::uint32_t>& partitions() const override { return projector_.partitions(); }
  const Queries& queries() const override { return queries_; }
  bool settle(std::optional<std::uint32_t> partition, std::chrono::milliseconds timeout) override {
    return projector_.settle(partition, timeout);
  }

  CallStore& store() { return *store_; }
  const CallStore& store() const { return *store_; }
  const Projector& projector() const { return projector_; }
  /// Ends folding and flushes; what is there can still be read.
  void stop() { projector_.stop(); }

 private:
  Projection(std::unique_ptr<ProjectionFolder> folder, std::unique_ptr<CallStore> store, Parts parts, Options options);

  std::unique_ptr<ProjectionFolder> folder_;
  std::unique_ptr<CallStore> store_;
  Queries queries_;
  Projector projector_;
};

}  // namespace hookledger
