#include "tools/signals.h"

#include <csignal>
#include <pthread.h>

namespace hookledger {
namespace {

sigset_t handled() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  return set;
}

}  // namespace

void block_signals() {
  const sigset_t set = handled();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // Over a limit on file sizes a write fails, as on a full disk, and that is handled.
}

void unblock_signals() {
  const sigset_t set = handled();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

bool stop_is_wanted() {
  sigset_t pending;
  sigpending(&pending);
  return sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1;
}

Signal wait_for_signal(std::chrono::milliseconds timeout) {
  const sigset_t set = handled();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(timeout);
  const timespec wait{seconds.count(), std::chrono::nanoseconds(timeout - seconds).count()};
  switch (sigtimedwait(&set, nullptr, &wait)) {
    case SIGTERM:
    case SIGINT: return Signal::kStop;
    case SIGHUP: return Signal::kReload;
    default: return Signal::kNone;
  }
}

}  // namespace hookledger
