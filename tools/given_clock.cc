#include "tools/given_clock.h"

#include <atomic>
#include <bit>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "schemas/text.h"

namespace hookledger {

static_assert(std::endian::native == std::endian::little);
static_assert(std::atomic_ref<std::int64_t>::is_always_lock_free, "a load must not write: the file is mapped to read");

Result<std::unique_ptr<Clock>> GivenClock::open(const std::string& path) {
  const Error refused{ErrorCode::kUsage, "--clock '" + printable(path) +
                                             "': give a file of 8 bytes, microseconds since 1970, little-endian, "
                                             "before the year 10000; without --clock it is the machine's time"};
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return refused;
  struct stat status {};
  const bool fits = ::fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_size == sizeof(std::int64_t);
  void* const mapped = fits ? ::mmap(nullptr, sizeof(std::int64_t), PROT_READ, MAP_SHARED, file, 0) : MAP_FAILED;
  ::close(file);
  if (mapped == MAP_FAILED) return refused;
  auto clock = std::make_unique<GivenClock>(static_cast<std::int64_t*>(mapped));
  const Time now = clock->wall();
  if (now < Time{} || now >= std::chrono::sys_days{std::chrono::year{10'000} / 1 / 1}) return refused;
  return std::unique_ptr<Clock>(std::move(clock));
}

GivenClock::~GivenClock() { ::munmap(mapped_, sizeof *mapped_); }

Time GivenClock::wall() const { return Time(Duration(std::atomic_ref(*mapped_).load(std::memory_order_relaxed))); }

}  // namespace hookledger
