#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <linux/sockios.h>
#include <memory>
#include <span>
#include <string_view>
#include <sys/ioctl.h>

#include "ingest/http/tls.h"

namespace hookledger::http {

/// Bytes to and from one peer, in the clear or by TLS. One read and one wait at a time; a handler keeps the stream
/// alive, and is never called from inside the call that it is given to.
class Stream {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  using error_code = boost::system::error_code;

  /// `tls` null: in the clear.
  Stream(Socket socket, std::unique_ptr<TlsSession> tls) : socket_(std::move(socket)), tls_(std::move(tls)) {
    error_code ignored;
    socket_.non_blocking(true, ignored);
  }

  /// handler(error_code, std::size_t). `into` stays valid until then.
  template <class Handler>
  void async_read(std::span<char> into, Handler handler) {
    if (!tls_) return socket_.async_read_some(boost::asio::buffer(into.data(), into.size()), std::move(handler));
    error_code ec;
    const std::size_t bytes = tls_->read(into, ec);
    if (ec == boost::asio::error::would_block) return read_when_ready(into, std::move(handler));
    boost::asio::post(socket_.get_executor(),
                      [handler = std::move(handler), ec, bytes]() mutable { handler(ec, bytes); });
  }

  /// As much as the peer takes now; `would_block` when that is nothing.
  std::size_t write(std::string_view bytes, error_code& ec) {
    if (tls_) return tls_->write(bytes, ec);
    return socket_.write_some(boost::asio::buffer(bytes.data(), bytes.size()), ec);
  }

  /// handler(error_code), when `write` is worth another try.
  template <class Handler>
  void async_wait_writable(Handler handler) {
    socket_.async_wait(tls_ ? tls_->needs() : Socket::wait_write, std::move(handler));
  }

  /// Calls handler() later, from the thread's loop.
  template <class Handler>
  void post(Handler handler) {
    boost::asio::post(socket_.get_executor(), std::move(handler));
  }

  /// The handshake, if there is one, is over.
  bool established() const { return !tls_ || tls_->established(); }

  /// Bytes have come that nobody has read.
  bool has_unread() const {
    error_code ignored;
    return socket_.available(ignored) > 0 || (tls_ && tls_->readable() > 0);
  }

  /// Bytes that were written and that the peer has not taken.
  std::size_t untaken() {
    int bytes = 0;
    return ::ioctl(socket_.native_handle(), SIOCOUTQ, &bytes) == 0 ? static_cast<std::size_t>(bytes) : 0;
  }

  /// Tells the peer that nothing more will come. What is read after this has no meaning.
  void end_output() {
    if (tls_) tls_->end_output();
    tls_.reset();
    error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
  }

  void close() {
    error_code ignored;
    socket_.close(ignored);
  }

 private:
  template <class Handler>
  void read_when_ready(std::span<char> into, Handler handler) {
    socket_.async_wait(tls_->needs(), [this, into, handler = std::move(handler)](error_code ec) mutable {
      if (ec) return handler(ec, 0);
      async_read(into, std::move(handler));
    });
  }

  Socket socket_;
  std::unique_ptr<TlsSession> tls_;
};

}  // namespace hookledger::http
