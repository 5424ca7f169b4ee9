#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "ingest/http/http.h"
#include "ingest/sources.h"
#include "projector/health.h"
#include "projector/partition_states.h"
#include "projector/router.h"
#include "replay/recovery/recovery.h"
#include "replay/redelivery/letters_route.h"
#include "schemas/metrics.h"
#include "tools/workers.h"

namespace hookledger {

/// The API of one of several projectors: answers for the partitions that are here, and asks their owners for all
/// others. `tick` and `stop` on one thread.
class ProjectServer {
 public:
  struct Parts {  ///< All outlive it.
    LiveLog& log;
    PartitionStates& states;
    std::function<std::shared_ptr<const RuleSet>()> rules;  ///< In force, now.
    const Clock& clock;
    Logger& logger;
    Metrics& metrics;
    /// Of all partitions, for devices and ratios, now: nothing while it is not there. Null: none are found.
    std::function<std::shared_ptr<Projection>()> subjects{};
  };
  struct Options {
    http::ServerOptions api;
    std::string advertise;  ///< How others reach this API; empty: `http://` and the address it listens on.
    unsigned threads = 1;
    std::shared_ptr<const Sources> sources = {};  ///< Their secrets check signatures; may be null.
  };
  /// As `Peers::owner_of`.
  using OwnerOf = std::function<std::optional<std::string>(std::uint32_t partition)>;

  ProjectServer(Parts parts, Options options, OwnerOf owner_of);
  ~ProjectServer();
  ProjectServer(const ProjectServer&) = delete;
  ProjectServer& operator=(const ProjectServer&) = delete;

  /// What else has to be ready before `/readyz` says so. Before `start`.
  void also_ready(std::string name, Readiness::Check check) { readiness_.add(std::move(name), std::move(check)); }
  /// What is recovered when somebody asks for it; outlives `stop`. Before `start`.
  void add_recoveries(std::vector<Recovery*> recoveries, std::stop_token stop);
  /// The dead letters that are here; they outlive `stop`. Before `start`.
  void add_letters(const std::function<LetterBoxes()>& boxes) { add_letters_routes(router_, boxes); }
  void also_warn(std::string name, Readiness::Check check) {
    readiness_.add_warning(std::move(name), std::move(check));
  }
  /// Binds and serves. Errors: kInUse; kUsage when others could not reach it.
  Result<void> start();
  /// `ADDR:PORT` it listens on.
  std::string address() const { return server_->address(); }
  /// Of its API, for others.
  const std::string& url() const { return url_; }

  static constexpr std::chrono::milliseconds kInterval{1000};
  /// Every kInterval: opens what could not be opened, counts findings, shows progress.
  void tick();
  /// Answers what was read, within `timeout`.
  void stop(std::chrono::milliseconds timeout);

 private:
  void add_routes(OwnerOf owner_of);
  void measure() const;
  void show_progress();

  const Parts parts_;
  Options options_;
  Readiness readiness_;
  Router router_;
  std::string url_;
  std::uint64_t ticks_ = 0;
  bool was_ready_ = false;
  std::atomic<bool> stopping_ = false;
  std::unique_ptr<http::Server> server_;
  std::optional<Workers> workers_;  ///< After the server: they answer through it.
};

}  // namespace hookledger
