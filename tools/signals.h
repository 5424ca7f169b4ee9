#pragma once

#include <chrono>

namespace hookledger {

enum class Signal { kNone, kStop, kReload };

/// Keeps SIGTERM, SIGINT and SIGHUP for `wait_for_signal`, and ignores SIGPIPE. Before the first thread is made.
void block_signals();
/// kNone at the timeout.
Signal wait_for_signal(std::chrono::milliseconds timeout);

}  // namespace hookledger
