#pragma once

#include <poll.h>
#include <vector>

#include "schemas/time.h"

namespace hookledger {

/// Lets a thread sleep until one of its files can be read, until it is woken, or for a time.
class Sleeper {
 public:
  Sleeper();
  ~Sleeper();
  Sleeper(const Sleeper&) = delete;
  Sleeper& operator=(const Sleeper&) = delete;

  /// Sets `revents` of those of `files` that can be read. Who was woken before does not sleep. One thread.
  void sleep(std::vector<pollfd>& files, Duration longest);
  /// Any thread.
  void wake();

 private:
  const int event_;
};

}  // namespace hookledger
