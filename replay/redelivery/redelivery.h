#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "replay/redelivery/job_book.h"
#include "replay/redelivery/job_folder.h"
#include "replay/redelivery/record_walk.h"
#include "replay/redelivery/selection.h"

namespace hookledger {

enum class RedeliveryEnd : std::uint8_t {
  kDone,     ///< Nothing is left but what was given up.
  kStopped,  ///< It was told to stop.
  kGone,     ///< The application answered 410: it wants no more.
  kTooMany,  ///< So much was given up that going on helps nobody.
};

struct RedeliveryReport {
  RedeliveryEnd end = RedeliveryEnd::kDone;
  JobBook::Counts counts;
  std::vector<GivenUp> given_up;  ///< In order of place; at most `given_up_max`, and those under way then.
};

struct RedeliveryOptions {
  Dispatcher::Options dispatcher;
  std::optional<double> speed{};                ///< `RedeliveryPace::speed`.
  std::chrono::milliseconds patience{20'000};   ///< With attempts that are under way when it is told to stop.
  std::chrono::milliseconds save_every{1'000};  ///< What is done since is sent once more after a crash.
  std::uint64_t given_up_max = 1'000;
};

/// Sends what is left of a job and keeps in its folder how far it is, so that whatever ends the process, the next run
/// leaves nothing out. One thread; it blocks until the end.
class Redelivery {
 public:
  struct Parts {  ///< All outlive it.
    const LogReader& log;
    JobFolder& folder;
    const Clock& clock;
    /// Told often: how many records of the job are delivered, and what the application says while it is left alone.
    std::function<void(std::uint64_t delivered, const std::string& complaint)> show{};
  };

  Redelivery(RedeliveryOptions options, Parts parts) : options_(std::move(options)), parts_(std::move(parts)) {}

  /// `what`: the parts of the log that the job looks at, with what is done according to `progress`.
  /// Errors: kCorruption (names the place), kUnavailable. What was delivered before is kept then, too.
  Result<RedeliveryReport> run(JobProgress progress, const Selection& selection, std::vector<RecordWalk::Part> what,
                               std::vector<std::unique_ptr<Endpoint>> endpoints, std::stop_token stop);

 private:
  class Run;

  const RedeliveryOptions options_;
  const Parts parts_;
};

}  // namespace hookledger
