#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "projector/alerter.h"
#include "projector/projection.h"
#include "tools/alert_settings.h"

namespace hookledger {

/// All receivers of a process. Threads: any.
class Alerts {
 public:
  struct Parts {  ///< All outlive it.
    const RuleSet& rules;
    const Clock& clock;
    Logger& logger;
    Metrics& metrics;
  };
  /// One for each receiver, which reads the log at its own place.
  using OpenLog = std::function<Result<std::shared_ptr<const LogReader>>()>;

  /// Where an alert's places are kept, of calls and of the rest, where partitions move between processes.
  struct Places {
    std::unique_ptr<AlertPlaces> of_calls, of_subjects;
  };
  using OpenPlaces = std::function<Result<Places>(const std::string& alert)>;

  /// `open_places`: null where partitions stay.
  static Result<std::unique_ptr<Alerts>> start(const std::vector<AlertSettings>& settings, Parts parts,
                                               const OpenLog& open_log, const OpenPlaces& open_places = {});
  ~Alerts();

  /// Tells of the projection, which outlives `remove`; what is kept for it is in `folder`.
  void add(std::uint32_t key, Projection& projection, const std::string& folder);
  void remove(std::uint32_t key);

  /// Where partitions move between processes: `add` tells of calls alone, and this of devices and ratios, which need
  /// the projection of all partitions, as far as their partition is `here`.
  using Here = std::function<std::set<std::uint32_t>()>;
  void add_subjects(Projection& projection, const std::string& folder, const Here& here);
  void remove_subjects();

 private:
  struct Running;
  Alerts();

  std::shared_ptr<const KeyValueMemory> memory_;
  bool partitions_move_ = false;
  std::vector<std::unique_ptr<Running>> running_;
};

}  // namespace hookledger
