#pragma once

#include <string>
#include <sys/types.h>

namespace hookledger::bench {

/// An application that answers 200 to every request and does nothing else, as a process of its own. Ends with this
/// object.
class Receiver {
 public:
  Receiver();
  ~Receiver();
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  std::uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/hooks"; }

 private:
  std::uint16_t port_ = 0;
  pid_t id_ = -1;
};

}  // namespace hookledger::bench
