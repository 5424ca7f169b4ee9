#include "tools/system_random.h"

#include <sys/random.h>

#include "schemas/error.h"

namespace hookledger {

namespace {

void fill(void* bytes, std::size_t size) {
  require(getrandom(bytes, size, 0) == static_cast<ssize_t>(size), "the system gives no random bytes");
}

}  // namespace

Ed25519Seed random_seed() {
  Ed25519Seed seed;
  fill(seed.data(), seed.size());
  return seed;
}

std::uint64_t random_number() {
  std::uint64_t number = 0;
  fill(&number, sizeof number);
  return number;
}

}  // namespace hookledger
