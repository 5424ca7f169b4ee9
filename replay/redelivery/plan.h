#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "projector/folding.h"
#include "replay/redelivery/record_walk.h"
#include "replay/redelivery/selection.h"
#include "schemas/time.h"

namespace hookledger {

/// What a redelivery is about to send.
struct RedeliveryPlan {
  static constexpr std::size_t kTypesMax = 50, kCallsMax = 1'000'000;

  std::uint64_t records = 0;
  std::uint64_t body_bytes = 0;
  std::uint64_t calls = 0;                                    ///< That the records belong to.
  bool more_calls = false;                                    ///< Calls were counted up to kCallsMax.
  std::map<std::string, std::uint64_t, std::less<>> types{};  ///< Records by type, of the first kTypesMax types met.
  std::uint64_t other_types = 0;                              ///< Records of further types.
  std::optional<Time> first{}, last{};                        ///< When the first was received and the last.
};

/// Reads what is left. Memory: bounded. `progress` is told how much was looked at, of how much at most. After a stop it
/// is the plan of what was read. Errors: kCorruption (names the place), kUnavailable.
Result<RedeliveryPlan> make_plan(const LogReader& log, std::vector<RecordWalk::Part> what, const Selection& selection,
                                 const std::function<void(const FoldProgress&)>& progress, std::stop_token stop);

/// How fast records are sent: as they once came, `speed` times as fast; else `rate` a second, 0 for no limit.
struct RedeliveryPace {
  double rate = 0;
  std::optional<double> speed{};
};
/// How long the plan takes if the application keeps up; nothing where that alone decides.
std::optional<Duration> time_needed(const RedeliveryPlan& plan, const RedeliveryPace& pace);

}  // namespace hookledger
