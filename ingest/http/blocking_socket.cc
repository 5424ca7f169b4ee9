#include "ingest/http/blocking_socket.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "schemas/time.h"

namespace hookledger::http {
void BlockingSocket::begin() {
  deadline_ = std::chrono::steady_clock::now() + timeout_;
  waited_ = false;
  const std::lock_guard lock(mutex_);
  shut_ = false;
}

Result<void> BlockingSocket::connect(const std::string& host, const std::string& port) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failure = ::getaddrinfo(host.c_str(), port.c_str(), &wanted, &found);
  if (failure != 0) return Error{ErrorCode::kUnavailable, ::gai_strerror(failure)};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, ::freeaddrinfo);
  Result<void> connected = failed(EADDRNOTAVAIL);
  for (const addrinfo* address = found; address != nullptr && !connected; address = address->ai_next) {
    connected = connect_to(*address);
    if (!connected) close();
  }
  return connected;
}

bool BlockingSocket::open(const addrinfo& address) {
  const std::lock_guard lock(mutex_);
  if (!shut_) file_ = ::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  return file_ >= 0;
}

Result<void> BlockingSocket::connect_to(const addrinfo& address) {
  if (!open(address)) return failed(errno);
  const int yes = 1;
  ::setsockopt(file_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (::connect(file_, address.ai_addr, address.ai_addrlen) != 0 && errno != EINPROGRESS) return failed(errno);
  pollfd writable{file_, POLLOUT, 0};
  if (::poll(&writable, 1, static_cast<int>(left().count())) <= 0) return failed(EAGAIN);
  waited_ = true;
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(file_, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0 || (writable.revents & POLLHUP) != 0) return failed(error != 0 ? error : ECONNRESET);
  ::fcntl(file_, F_SETFL, 0);
  allowed_ = {};
  const std::lock_guard lock(mutex_);
  return shut_ ? Result<void>(failed(0)) : Result<void>();
}

void BlockingSocket::close() {
  const std::lock_guard lock(mutex_);
  if (file_ >= 0) ::close(file_);
  file_ = -1;
}

Result<bool> BlockingSocket::send(std::string_view bytes) {
  while (!bytes.empty()) {
    allow(waited_ ? left() : timeout_);
    const ssize_t count = ::send(file_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0) return came_to(errno);
    bytes.remove_prefix(static_cast<std::size_t>(count));
    if (!bytes.empty()) waited_ = true;
  }
  return true;
}

Result<std::size_t> BlockingSocket::receive(char* bytes, std::size_t size) {
  allow(waited_ ? left() : timeout_);
  const ssize_t count = ::recv(file_, bytes, size, 0);
  waited_ = true;
  if (count > 0) return static_cast<std::size_t>(count);
  const auto open = came_to(count < 0 ? errno : EPIPE);
  if (!open) return open.error();
  return std::size_t{0};
}

Result<std::optional<std::size_t>> BlockingSocket::receive_ready(char* bytes, std::size_t size) {
  const ssize_t count = ::recv(file_, bytes, size, MSG_DONTWAIT);
  if (count > 0) return std::optional(static_cast<std::size_t>(count));
  if (count < 0 && errno == EAGAIN) return std::optional<std::size_t>();
  const auto open = came_to(count < 0 ? errno : EPIPE);
  if (!open) return open.error();
  return std::optional<std::size_t>(0);
}

Error BlockingSocket::late() const { return failed(EAGAIN); }

Result<bool> BlockingSocket::came_to(int error) {
  const std::lock_guard lock(mutex_);
  if (!shut_ && (error == ECONNRESET || error == EPIPE)) return false;
  return failed(error);
}

void BlockingSocket::shut() {
  const std::lock_guard lock(mutex_);
  shut_ = true;
  if (file_ >= 0) ::shutdown(file_, SHUT_RDWR);
}

std::chrono::milliseconds BlockingSocket::left() const {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - std::chrono::steady_clock::now());
  return std::max(left, std::chrono::milliseconds(1));
}

void BlockingSocket::allow(std::chrono::milliseconds time) {
  if (time == allowed_) return;
  allowed_ = time;
  const timeval value{time.count() / 1000, time.count() % 1000 * 1000};
  ::setsockopt(file_, SOL_SOCKET, SO_RCVTIMEO, &value, sizeof value);
  ::setsockopt(file_, SOL_SOCKET, SO_SNDTIMEO, &value, sizeof value);
}

Error BlockingSocket::failed(int error) const {
  if (shut_) return {ErrorCode::kUnavailable, "stopped before an answer"};
  if (error == EAGAIN) return {ErrorCode::kUnavailable, "no answer within " + format_duration(timeout_)};
  return {ErrorCode::kUnavailable, std::strerror(error)};
}

}  // namespace hookledger::http
