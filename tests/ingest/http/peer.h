#pragma once

#include <arpa/inet.h>
#include <chrono>
#include <cstdlib>
#include <map>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <optional>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>

namespace hookledger::testing {

struct Answer {
  unsigned status = 0;
  std::map<std::string, std::string> headers;  ///< Names in lower case.
  std::string body;
};

/// A client on a bare socket, which sends exactly what it is told. Waits 5 s at most for anything.
class Peer {
 public:
  /// `address`: `127.0.0.1:PORT`.
  explicit Peer(std::string_view address, int receive_buffer = 0) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port =
        htons(static_cast<std::uint16_t>(std::strtoul(address.substr(address.rfind(':') + 1).data(), nullptr, 10)));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (receive_buffer > 0) ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  }
  ~Peer() { close(); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  bool connected() const { return connected_; }
  int socket() const { return socket_; }

  /// False when the server has closed.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  /// The next final answer, or an informational one; nothing when the server closes first or is silent.
  std::optional<Answer> answer(bool to_head = false) {
    std::size_t end;
    while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
      if (!receive()) return std::nullopt;
    }
    Answer answer;
    answer.status =
        static_cast<unsigned>(std::strtoul(received_.c_str() + std::string_view("HTTP/1.1 ").size(), nullptr, 10));
    for (std::size_t at = received_.find("\r\n") + 2; at < end;) {
      const auto line_end = received_.find("\r\n", at);
      const auto colon = received_.find(": ", at);
      std::string name = received_.substr(at, colon - at);
      for (char& c : name) c = static_cast<char>(std::tolower(c));
      answer.headers[name] = received_.substr(colon + 2, line_end - colon - 2);
      at = line_end + 2;
    }
    received_.erase(0, end + 4);
    const auto length = answer.headers.find("content-length");
    const std::size_t size =
        length == answer.headers.end() || to_head ? 0 : std::strtoul(length->second.c_str(), nullptr, 10);
    while (received_.size() < size) {
      if (!receive()) return std::nullopt;
    }
    answer.body = received_.substr(0, size);
    received_.erase(0, size);
    return answer;
  }

  std::optional<Answer> exchange(std::string_view request) {
    send(request);
    return answer();
  }

  /// Status of the answer to `request`; 0: none.
  unsigned status_of(std::string_view request) { return exchange(request).value_or(Answer()).status; }

  /// The server closes within `wait`, properly and not with a reset, and says nothing before.
  bool closed(std::chrono::milliseconds wait = std::chrono::seconds(5)) {
    if (!received_.empty() || !readable(wait)) return false;
    char byte;
    return ::recv(socket_, &byte, 1, MSG_PEEK) == 0;
  }

  /// Nothing comes for so long, not even an end.
  bool silent(std::chrono::milliseconds wait) { return received_.empty() && !readable(wait); }

  void end_output() { ::shutdown(socket_, SHUT_WR); }
  /// With a reset instead of an end.
  void abort() {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close();
  }
  void close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }

 private:
  bool readable(std::chrono::milliseconds wait) const {
    pollfd waiting{.fd = socket_, .events = POLLIN, .revents = 0};
    return ::poll(&waiting, 1, static_cast<int>(wait.count())) > 0;
  }

  bool receive() {
    char bytes[65536];
    if (!readable(std::chrono::seconds(5))) return false;
    const auto count = ::recv(socket_, bytes, sizeof bytes, 0);
    if (count <= 0) return false;
    received_.append(bytes, static_cast<std::size_t>(count));
    return true;
  }

  int socket_ = -1;
  bool connected_ = false;
  std::string received_;
};

}  // namespace hookledger::testing
