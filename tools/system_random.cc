#include "tools/system_random.h"

#include <sys/random.h>

#include "schemas/error.h"

namespace hookledger {

Ed25519Seed random_seed() {
  Ed25519Seed seed;
  require(getrandom(seed.data(), seed.size(), 0) == static_cast<ssize_t>(seed.size()),
          "the system gives no random bytes");
  return seed;
}

}  // namespace hookledger
