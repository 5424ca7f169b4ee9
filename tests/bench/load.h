#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "schemas/clock.h"
#include "schemas/crypto.h"
#include "tools/simulate/report.h"

namespace hookledger::bench {

inline constexpr std::uint32_t kConnections = 64;
inline constexpr unsigned kServerThreads = 2;

Ed25519KeyPair signing_key();

struct Load {
  std::uint64_t events = 0;  ///< About.
  std::uint64_t seed = 1;    ///< Another one for every load on one server, or its events are duplicates.
  double rate = 0;           ///< A second; 0: as fast as they are answered.
  std::uint32_t connections = kConnections;
};
/// Sends signed webhooks. `tick` is called every tenth of a second with how many of how many are
/// done. Throws unless every one was accepted.
SendReport send(const Clock& clock, const std::string& url, const Load& load,
                const std::function<void(std::uint64_t done, std::uint64_t total)>& tick = {});

}  // namespace hookledger::bench
