#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <sys/epoll.h>
#include <unistd.h>

#include "schemas/error.h"

namespace hookledger {

/// An epoll instance whose waits are precise to well below a millisecond. One thread.
class Epoll {
 public:
  Epoll() : fd_(::epoll_create1(EPOLL_CLOEXEC)) { require(fd_ >= 0, "cannot create an epoll instance"); }
  ~Epoll() { ::close(fd_); }
  Epoll(const Epoll&) = delete;
  Epoll& operator=(const Epoll&) = delete;
  int fd() const { return fd_; }

  /// Calls `ready(tag)` for everything that is; waits for it at most `timeout`.
  template <class Ready>
  void wait(std::chrono::nanoseconds timeout, const Ready& ready) {
    const auto nanoseconds = std::max<long>(timeout.count(), 0);
    const timespec limit{nanoseconds / kNanoseconds, nanoseconds % kNanoseconds};
    std::array<epoll_event, 64> events;
    const int count = ::epoll_pwait2(fd_, events.data(), static_cast<int>(events.size()), &limit, nullptr);
    for (int i = 0; i < count; ++i) ready(events[static_cast<std::size_t>(i)].data.u32);
  }

 private:
  static constexpr long kNanoseconds = 1'000'000'000;

  int fd_;
};

}  // namespace hookledger
