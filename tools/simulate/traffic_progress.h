#pragma once

#include <cstdint>
#include <functional>

namespace hookledger {

/// Called now and then, from the calling thread, with how many of how many deliveries are done.
using TrafficProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

}  // namespace hookledger
