#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "schemas/error.h"

struct addrinfo;

namespace hookledger::http {

/// One TCP connection after the other, with calls that block: an exchange costs one send and one receive, and nothing
/// else. One thread, but for `shut`. Errors everywhere: kUnavailable.
class BlockingSocket {
 public:
  /// `timeout`: for all that follows one `begin`.
  explicit BlockingSocket(std::chrono::milliseconds timeout) : timeout_(timeout) {}
  ~BlockingSocket() { close(); }
  BlockingSocket(const BlockingSocket&) = delete;
  BlockingSocket& operator=(const BlockingSocket&) = delete;

  /// Time counts from here, and what `shut` ended is forgotten.
  void begin();
  /// To the addresses of the name in their order. A name that the system is resolving cannot be interrupted.
  Result<void> connect(const std::string& host, const std::string& port);
  bool connected() const { return file_ >= 0; }
  /// To wait for what can be received together with others; and until when.
  int file() const { return file_; }
  std::chrono::steady_clock::time_point deadline() const { return deadline_; }
  void close();

  /// False: the other side has closed.
  Result<bool> send(std::string_view bytes);
  /// At least one byte; 0: the other side has closed.
  Result<std::size_t> receive(char* bytes, std::size_t size);
  /// The same without blocking; nothing: there is nothing yet.
  Result<std::optional<std::size_t>> receive_ready(char* bytes, std::size_t size);
  /// That nothing came up to the deadline.
  Error late() const;

  /// Ends what blocks, and all up to the next `begin`. Any thread.
  void shut();

 private:
  Result<void> connect_to(const addrinfo& address);
  bool open(const addrinfo& address);
  std::chrono::milliseconds left() const;
  /// How long the next call may block.
  void allow(std::chrono::milliseconds time);
  /// False: the other side has closed.
  Result<bool> came_to(int error);
  Error failed(int error) const;

  const std::chrono::milliseconds timeout_;
  std::chrono::steady_clock::time_point deadline_;
  std::chrono::milliseconds allowed_{0};
  bool waited_ = false;  ///< The next call gets what is left of the time.

  std::mutex mutex_;  ///< Guards both where `shut` may run.
  int file_ = -1;
  bool shut_ = false;
};

}  // namespace hookledger::http
