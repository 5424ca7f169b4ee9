#include "ingest/http/blocking_socket.h"

#include <functional>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>

namespace {
std::function<void()> before_connect;
}

/// Takes the place of the C library's in this program.
extern "C" int connect(int file, const sockaddr* address, socklen_t size) {
  if (before_connect) before_connect();
  return static_cast<int>(::syscall(SYS_connect, file, address, size));
}

namespace hookledger::http {
namespace {

using namespace std::chrono_literals;

/// Says nothing to whoever connects.
class Listener {
 public:
  explicit Listener(int backlog = 8) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address_;
    EXPECT_EQ(::bind(file_, address(), size), 0);
    EXPECT_EQ(::listen(file_, backlog), 0);
    ::getsockname(file_, address(), &size);
  }
  ~Listener() { ::close(file_); }

  sockaddr* address() { return reinterpret_cast<sockaddr*>(&address_); }
  std::string port() const { return std::to_string(ntohs(address_.sin_port)); }

 private:
  const int file_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address_{};
};

/// Takes one connection into its queue, and answers no other.
class FullListener : public Listener {
 public:
  FullListener() : Listener(0) { EXPECT_EQ(::connect(first_, address(), sizeof(sockaddr_in)), 0); }
  ~FullListener() { ::close(first_); }

 private:
  const int first_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
};

TEST(BlockingSocket, WhatConnectingTookIsNotThereForTheAnswer) {
  const Listener silent;
  BlockingSocket socket(2s);
  const auto began = std::chrono::steady_clock::now();
  socket.begin();
  before_connect = [] { std::this_thread::sleep_for(1900ms); };
  ASSERT_TRUE(socket.connect("127.0.0.1", silent.port()));
  before_connect = nullptr;
  char byte = 0;
  EXPECT_FALSE(socket.receive(&byte, 1));
  EXPECT_LT(std::chrono::steady_clock::now() - began, 3500ms) << "nearly four seconds, were it waited for twice";
}

TEST(BlockingSocket, ThatIsShutJustBeforeItConnectsDoesNotWait) {
  const FullListener listener;
  BlockingSocket socket(60s);
  before_connect = [&] { socket.shut(); };
  const auto began = std::chrono::steady_clock::now();
  socket.begin();
  EXPECT_FALSE(socket.connect("127.0.0.1", listener.port()));
  EXPECT_LT(std::chrono::steady_clock::now() - began, 30s);
  before_connect = {};
}

}  // namespace
}  // namespace hookledger::http
