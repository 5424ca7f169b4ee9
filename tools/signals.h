#pragma once

#include <chrono>

namespace hookledger {

enum class Signal { kNone, kStop, kReload };

/// Keeps SIGTERM, SIGINT and SIGHUP for `wait_for_signal`, and ignores SIGPIPE. Before the first thread is made.
void block_signals();
/// In the calling thread they do again what they do without `block_signals`: they end the program.
void unblock_signals();
/// Does one wait that asks to stop? Threads: any.
bool stop_is_wanted();
/// kNone at the timeout.
Signal wait_for_signal(std::chrono::milliseconds timeout);

}  // namespace hookledger
