#pragma once

#include <arpa/inet.h>
#include <array>
#include <atomic>
#include <functional>
#include <gtest/gtest.h>
#include <list>
#include <mutex>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include "tools/simulate/http_url.h"

namespace hookledger {

/// A web server in a thread per connection. `answer` is given a whole request, under a lock, and gives the
/// bytes to answer with; the connection is closed after an empty one, and after one that says or implies it.
class TestServer {
 public:
  using Handler = std::function<std::string(const std::string& request)>;

  explicit TestServer(Handler answer, std::uint16_t port = 0)
      : answer_(std::move(answer)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    const int on = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_, 64), 0);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::jthread([this](std::stop_token stop) { accept(stop); });
  }
  ~TestServer() { stop(); }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  void stop() {
    acceptor_ = {};
    connections_.clear();
    if (listener_ >= 0) ::close(listener_);
    listener_ = -1;
  }
  HttpUrl url() const {
    return parse_http_url("http://127.0.0.1:" + std::to_string(port_) + "/webhooks/telnyx").value();
  }
  std::vector<std::string> requests() const { return requests_; }
  std::uint16_t port() const { return port_; }
  std::size_t accepted() const { return accepted_; }

 private:
  static bool readable(int socket) {
    pollfd waiting{socket, POLLIN, 0};
    return ::poll(&waiting, 1, 10) > 0;
  }

  void accept(const std::stop_token& stop) {
    while (!stop.stop_requested())
      if (readable(listener_))
        if (const int socket = ::accept(listener_, nullptr, nullptr); socket >= 0) {
          ++accepted_;
          connections_.emplace_back([this, socket](std::stop_token ended) { serve(socket, ended); });
        }
  }

  void serve(int socket, const std::stop_token& stop) {
    std::string bytes;
    while (!stop.stop_requested()) {
      if (!readable(socket)) continue;
      std::array<char, 65536> buffer;
      const ssize_t size = ::recv(socket, buffer.data(), buffer.size(), 0);
      if (size <= 0) break;
      bytes.append(buffer.data(), static_cast<std::size_t>(size));
      const std::size_t head = bytes.find("\r\n\r\n");
      if (head == std::string::npos) continue;
      const std::size_t field = bytes.find("Content-Length: ") + 16;
      if (bytes.size() < head + 4 + std::stoul(bytes.substr(field))) continue;
      std::string answer;
      {
        const std::lock_guard lock(mutex_);
        answer = answer_(bytes);
        requests_.push_back(std::exchange(bytes, {}));
      }
      if (answer.empty()) break;
      ::send(socket, answer.data(), answer.size(), MSG_NOSIGNAL);
      if (answer.find("Connection: close") != std::string::npos) break;
      if (answer.find("Content-Length") == std::string::npos && answer.ends_with("\r\n\r\n")) break;
    }
    ::close(socket);
  }

  Handler answer_;
  int listener_;
  std::uint16_t port_ = 0;
  std::atomic<std::size_t> accepted_ = 0;
  std::mutex mutex_;
  std::vector<std::string> requests_;  ///< Guarded by mutex_ while connections live.
  std::list<std::jthread> connections_;
  std::jthread acceptor_;
};

}  // namespace hookledger
