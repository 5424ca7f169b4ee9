#include "tools/threads.h"

#include <algorithm>
#include <thread>

namespace hookledger {

OptionSpec threads_option() { return {"threads", "N", "worker threads; default: the machine's cores"}; }

Result<unsigned> thread_count(const Settings& settings) {
  const auto count = settings.number("threads", std::max(1U, std::thread::hardware_concurrency()), 1, 256);
  if (!count) return count.error();
  return static_cast<unsigned>(*count);
}

}  // namespace hookledger
