#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "replay/redelivery/outbound.h"
#include "schemas/time.h"

namespace hookledger {

/// What an application said to one request.
struct EndpointAnswer {
  unsigned status = 0;                    ///< HTTP's; 0: there was no answer.
  std::optional<Duration> retry_after{};  ///< It wants nothing before.
  std::string failure{};                  ///< Why there was no answer.
};

/// An application that takes records. One thread.
class Endpoint {
 public:
  virtual ~Endpoint() = default;
  /// One attempt. Blocks, within bounds; returns soon when it is to stop.
  virtual EndpointAnswer post(const OutboundRequest& request, std::stop_token stop) = 0;
};

}  // namespace hookledger
