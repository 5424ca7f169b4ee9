#pragma once

#include <memory>
#include <string>
#include <vector>

#include "schemas/clock.h"

namespace hookledger::bench {

/// A data dir with a log of signed events, as a sink would have written it.
struct PreparedLog {
  std::string data_dir;
  std::uint32_t calls = 0;
  std::uint64_t events = 0;

  /// The id of the call number `index`.
  std::string call_id(std::uint32_t index) const;
};

/// Makes `folder/log-EVENTS`, with about so many events, unless it is there.
PreparedLog prepare_log(const Clock& clock, const std::string& folder, std::uint64_t events);

}  // namespace hookledger::bench
