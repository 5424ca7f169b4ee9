#include "tests/bench/receiver.h"

#include <arpa/inet.h>
#include <map>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdexcept>
#include <string_view>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace hookledger::bench {
namespace {

constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
constexpr std::string_view kLength = "\r\ncontent-length:";

/// Of the first request in `bytes` with its body; 0: it has not come yet.
std::size_t request_size(std::string_view bytes) {
  const auto end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) return 0;
  std::size_t body = 0;
  for (std::size_t at = bytes.find("\r\n"); at < end; at = bytes.find("\r\n", at + 2)) {
    if (bytes.size() - at < kLength.size() || ::strncasecmp(bytes.data() + at, kLength.data(), kLength.size()) != 0)
      continue;
    body = std::stoul(std::string(bytes.substr(at + kLength.size(), 20)));
  }
  const std::size_t size = end + 4 + body;
  return bytes.size() >= size ? size : 0;
}

/// False when it is over.
bool serve(int connection, std::string& pending) {
  char bytes[64 * 1024];
  const ssize_t count = ::recv(connection, bytes, sizeof bytes, 0);
  if (count <= 0) return false;
  pending.append(bytes, static_cast<std::size_t>(count));
  while (const std::size_t size = request_size(pending)) {
    pending.erase(0, size);
    if (::send(connection, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL) < 0) return false;
  }
  return true;
}

[[noreturn]] void serve_all(int listener) {
  const int poll = ::epoll_create1(EPOLL_CLOEXEC);
  std::map<int, std::string> pending;
  const auto watch = [&](int file) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = file}};
    ::epoll_ctl(poll, EPOLL_CTL_ADD, file, &event);
  };
  watch(listener);
  while (true) {
    epoll_event events[64];
    const int count = ::epoll_wait(poll, events, 64, -1);
    for (int i = 0; i < count; ++i) {
      const int file = events[i].data.fd;
      if (file == listener) {
        const int connection = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        const int yes = 1;
        ::setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        watch(connection);
      } else if (!serve(file, pending[file])) {
        pending.erase(file);
        ::close(file);
      }
    }
  }
}

}  // namespace

Receiver::Receiver() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener, any, size) != 0 || ::listen(listener, 128) != 0 || ::getsockname(listener, any, &size) != 0)
    throw std::runtime_error("no listener");
  port_ = ntohs(address.sin_port);
  const pid_t parent = ::getpid();
  id_ = ::fork();
  if (id_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    serve_all(listener);
  }
  ::close(listener);
  if (id_ < 0) throw std::runtime_error("no receiver");
}

Receiver::~Receiver() {
  ::kill(id_, SIGKILL);
  ::waitpid(id_, nullptr, 0);
}

}  // namespace hookledger::bench
