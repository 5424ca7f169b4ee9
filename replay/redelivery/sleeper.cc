#include "replay/redelivery/sleeper.h"

#include <cstdint>
#include <sys/eventfd.h>
#include <unistd.h>

#include "schemas/error.h"

namespace hookledger {

Sleeper::Sleeper() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  require(event_ >= 0, "no file is left for a thread to sleep on: raise the limit of open files");
}

Sleeper::~Sleeper() { ::close(event_); }

void Sleeper::sleep(std::vector<pollfd>& files, Duration longest) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(longest);
  const timespec timeout{seconds.count(), std::chrono::nanoseconds(longest - seconds).count()};
  files.push_back({event_, POLLIN, 0});
  if (::ppoll(files.data(), files.size(), &timeout, nullptr) < 0) {
    for (pollfd& file : files) file.revents = 0;
  }
  std::uint64_t woken = 0;
  if (files.back().revents != 0) (void)!::read(event_, &woken, sizeof woken);
  files.pop_back();
}

void Sleeper::wake() {
  const std::uint64_t once = 1;
  (void)!::write(event_, &once, sizeof once);
}

}  // namespace hookledger
