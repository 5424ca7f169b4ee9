#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "replay/recovery/recoverer.h"
#include "tools/recovery_settings.h"

namespace hookledger {

/// The recoveries of all sources of a process, over HTTP. Threads: any.
class Recoveries {
 public:
  struct Parts {  ///< All outlive it.
    const LogReader& log;
    AppendRecords append;
    Recovery::States states;
    const Clock& clock;
    Logger& logger;
    Metrics& metrics;
    std::size_t body_bytes_max;  ///< As `Recovery::Parts` has them.
    bool calls_only = false;
    Duration patience_by_hand = std::chrono::seconds(5);  ///< So long a question by hand waits for its turn.
  };
  Recoveries(const std::vector<RecoverySettings>& settings, Parts parts);
  ~Recoveries();  ///< Ends what is under way.

  /// To be asked by hand, as long as this lives.
  std::vector<Recovery*> by_hand() const;
  /// Ends what was asked by hand.
  std::stop_token stop_token() const { return stop_.get_token(); }

  /// From now on by itself; the positions are kept in `folder`. Says when no source can be asked.
  void start(const std::string& folder);
  /// Asks for the end of what `start` began and of what was asked by hand, and does not wait for it.
  void request_stop();
  void stop();

 private:
  struct OfSource;

  const Parts parts_;
  std::stop_source stop_;
  std::vector<std::unique_ptr<OfSource>> sources_;
};

}  // namespace hookledger
