#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tools/simulate/answer.h"

struct addrinfo;

namespace hookledger {

/// One non-blocking HTTP/1.1 client connection with at most one request on its way, watched by the caller's
/// epoll instance (edge-triggered, tagged with `tag`). Not copyable; one thread.
class HttpConnection {
 public:
  enum class Step {
    kWaiting,   ///< Call `advance` when epoll says so.
    kAnswered,  ///< `answer()` holds the answer until the next request.
    kRefused,   ///< No connection could be made.
    kLost       ///< The connection ended, or broke the protocol, before an answer.
  };

  HttpConnection(int epoll, std::uint32_t tag) : epoll_(epoll), tag_(tag) {}
  ~HttpConnection() { close(); }
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  /// Sends `request`, which must live until the answer; connects to `peer` first when there is no connection.
  Step send(const addrinfo& peer, std::string_view request);
  Step advance();
  const Answer& answer() const { return answer_; }
  void close();

 private:
  Step connect(const addrinfo& peer);
  Step write();
  Step read();

  int epoll_;
  std::uint32_t tag_;
  int socket_ = -1;
  bool connecting_ = false;
  std::string_view unsent_;
  std::string received_;
  Answer answer_;
};

}  // namespace hookledger
