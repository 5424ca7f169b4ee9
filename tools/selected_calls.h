#pragma once

#include <string>
#include <vector>

#include "projector/projection_view.h"
#include "replay/redelivery/job.h"
#include "tools/settings.h"

namespace hookledger {

/// By which calls records are selected: `--call`, `--org`, `--rule`.
struct CallQuestion {
  std::vector<std::string> calls{};  ///< Ids; empty: any.
  std::string organization, rule;    ///< Empty: any.

  bool empty() const { return calls.empty() && organization.empty() && rule.empty(); }
};

/// The ids of the calls that are meant by all of it, sorted, each once: as the view says, or where it is null, the
/// server of `--url`. A rule means calls that have a finding of it, whatever became of that. The question is not empty.
/// Errors: kUsage, kNotFound (no such call), kCorruption, kUnavailable.
Result<std::vector<std::string>> select_calls(const Settings& settings, const CallQuestion& question,
                                              const ProjectionView* view, const RuleSet& rules, Time now);

/// Where the records of the calls are, up to `ends`. Errors: kCorruption, kUnavailable.
Result<PlacesByPartition> places_of(const std::vector<std::string>& calls, const ProjectionView& view,
                                    const std::vector<std::uint64_t>& ends);

}  // namespace hookledger
