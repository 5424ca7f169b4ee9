#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "schemas/error.h"
#include "tools/simulate/call_script.h"
#include "tools/simulate/traffic_options.h"

namespace hookledger {

/// One event of the simulated calls.
struct EventIndex {
  std::uint32_t call = 0;   ///< Number of the call, from 0.
  std::uint32_t event = 0;  ///< Place in its script.
  friend auto operator<=>(const EventIndex&, const EventIndex&) = default;
};

struct Delivery {
  Time arrives_at;  ///< Simulated.
  EventIndex event;
  std::uint32_t attempt = 1;
};

/// What is to be delivered, in order of arrival. Bodies are not held, but written again when they are needed
/// (ScriptShelf), so that millions of calls fit into memory.
struct Plan {
  TrafficOptions options;
  std::vector<Delivery> deliveries{};
  std::uint64_t events = 0;   ///< That happen.
  std::uint64_t dropped = 0;  ///< Of these, never delivered.
};

/// Errors: kUsage.
Result<Plan> make_plan(const TrafficOptions& options);

/// The scripts of calls now needed: those used last, bounded by bytes.
class ScriptShelf {
 public:
  explicit ScriptShelf(const TrafficOptions& options) : options_(options) {}

  /// Valid until the next call.
  const CallScript& script(std::uint32_t call);
  /// The body of a delivery.
  std::string body(const Delivery& delivery);

 private:
  TrafficOptions options_;
  std::unordered_map<std::uint32_t, CallScript> scripts_;
  std::deque<std::pair<std::uint32_t, std::size_t>> oldest_first_;  ///< Call and bytes.
  std::size_t bytes_ = 0;
};

}  // namespace hookledger
