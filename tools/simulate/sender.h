#pragma once

#include <cstdint>
#include <functional>

#include "schemas/clock.h"
#include "schemas/crypto.h"
#include "schemas/error.h"
#include "tools/simulate/http_url.h"
#include "tools/simulate/plan.h"
#include "tools/simulate/report.h"
#include "tools/simulate/traffic_progress.h"

namespace hookledger {

inline constexpr unsigned kTriesMax = 5;

struct SendOptions {
  static constexpr std::uint32_t kConnectionsMax = 1'000;

  HttpUrl url;
  double rate = 0;  ///< Deliveries a second; 0: as fast as they are answered.
  /// Sends each delivery when its simulated time comes, this many times as fast; 0: does not wait for it.
  double pace = 0;
  std::uint32_t connections = 16;  ///< Kept alive, one request on its way on each.
};

/// What is wrong with the options, as kUsage; nothing when they can be.
std::optional<Error> check_options(const SendOptions& options);

/// Posts the deliveries in order of arrival and reads the answers, as the provider would: signed with the
/// time of sending. One thread, the caller's. Requests are written and signed ahead, outside the timed part.
/// What answers 503 is sent again after Retry-After (at most 5 s), what loses its connection at once, each at
/// most kTriesMax times in all; any other answer is final.
/// Errors: kUsage (options, unknown host); kUnavailable, when nobody listens (at once at the start, after 10 s
/// later on) or nothing has been answered for 30 s.
Result<SendReport> send_plan(const Plan& plan, const SendOptions& options, const Ed25519KeyPair& key,
                             const Clock& clock, const TrafficProgress& progress = {});

}  // namespace hookledger
