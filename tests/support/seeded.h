#pragma once

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>

namespace hookledger {

/// The generator of a property test. Its seed is printed; HOOKLEDGER_TEST_SEED=N runs another, or one that failed.
inline std::mt19937_64 seeded_generator() {
  const char* wanted = std::getenv("HOOKLEDGER_TEST_SEED");
  const std::uint64_t seed = wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 1;
  std::cout << "seed " << seed << " (HOOKLEDGER_TEST_SEED)\n";
  return std::mt19937_64(seed);
}

/// Below `bound`, which is not 0.
inline std::size_t random_below(std::mt19937_64& random, std::size_t bound) { return random() % bound; }

}  // namespace hookledger
