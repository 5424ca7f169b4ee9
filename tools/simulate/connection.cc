#include "tools/simulate/connection.h"

#include <array>
#include <cerrno>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace hookledger {

HttpConnection::Step HttpConnection::send(const addrinfo& peer, std::string_view request) {
  unsent_ = request;
  received_.clear();
  if (socket_ >= 0) return write();
  return connect(peer);
}

HttpConnection::Step HttpConnection::advance() {
  if (socket_ < 0) return Step::kWaiting;
  if (connecting_) {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
      close();
      return Step::kRefused;
    }
    connecting_ = false;
  }
  if (const Step step = write(); step != Step::kWaiting) return step;
  return read();
}

void HttpConnection::close() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
  connecting_ = false;
}

HttpConnection::Step HttpConnection::connect(const addrinfo& peer) {
  socket_ = ::socket(peer.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket_ < 0) return Step::kRefused;
  const int on = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  connecting_ = true;
  epoll_event interest{};
  interest.events = EPOLLIN | EPOLLOUT | EPOLLET;
  interest.data.u32 = tag_;
  const bool connected = ::connect(socket_, peer.ai_addr, peer.ai_addrlen) == 0;
  if ((!connected && errno != EINPROGRESS) || ::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket_, &interest) != 0) {
    close();
    return Step::kRefused;
  }
  return Step::kWaiting;  // Epoll reports it writable, even when it has been connected at once.
}

HttpConnection::Step HttpConnection::write() {
  while (!unsent_.empty()) {
    const ssize_t sent = ::send(socket_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) return Step::kWaiting;
    if (sent < 0) {
      close();
      return Step::kLost;
    }
    unsent_.remove_prefix(static_cast<std::size_t>(sent));
  }
  return Step::kWaiting;
}

HttpConnection::Step HttpConnection::read() {
  std::array<char, 16384> buffer;
  for (;;) {
    const ssize_t size = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) return Step::kWaiting;
    if (size <= 0) break;
    received_.append(buffer.data(), static_cast<std::size_t>(size));
    const AnswerState state = parse_answer(received_, answer_);
    if (state == AnswerState::kBroken) break;
    if (state == AnswerState::kComplete) {
      if (!answer_.keep_alive) close();
      return Step::kAnswered;
    }
  }
  close();
  return Step::kLost;
}

}  // namespace hookledger
