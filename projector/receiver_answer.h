#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "schemas/time.h"

namespace hookledger {

/// What somebody whom we post to said to one request.
struct ReceiverAnswer {
  unsigned status = 0;                    ///< HTTP's; 0: there was no answer.
  std::optional<Duration> retry_after{};  ///< It wants nothing before.
  std::string failure{};                  ///< Why there was no answer.
};

/// What becomes of an attempt.
enum class AttemptOutcome : std::uint8_t {
  kDelivered,  ///< 2xx.
  kRefused,    ///< 3xx, 4xx: this message will hardly be taken, others may.
  kFailed,     ///< No answer, 408, 425, 429, 5xx: nothing will be taken for now.
  kGone,       ///< 410: the receiver wants no more.
};
/// `status` 0: no answer.
AttemptOutcome outcome_of(unsigned status);
const char* to_string(AttemptOutcome outcome);

/// `HTTP 503`, or why there was none.
std::string describe(const ReceiverAnswer& answer);

}  // namespace hookledger
