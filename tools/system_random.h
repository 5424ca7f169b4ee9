#pragma once

#include <cstdint>

#include "schemas/crypto.h"

namespace hookledger {

/// From the system's random generator: the only place that asks it.
Ed25519Seed random_seed();
std::uint64_t random_number();

}  // namespace hookledger
