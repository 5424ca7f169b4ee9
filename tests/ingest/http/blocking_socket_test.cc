#include "ingest/http/blocking_socket.h"

#include <functional>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
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

/// Takes one connection into its queue, and answers no other.
class FullListener {
 public:
  FullListener() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(listener_, any, size), 0);
    EXPECT_EQ(::listen(listener_, 0), 0);
    ::getsockname(listener_, any, &size);
    EXPECT_EQ(::connect(first_, any, size), 0);
    port_ = std::to_string(ntohs(address.sin_port));
  }
  ~FullListener() {
    ::close(first_);
    ::close(listener_);
  }
  const std::string& port() const { return port_; }

 private:
  const int listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int first_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::string port_;
};

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
