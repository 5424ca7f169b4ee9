#include "ingest/http/listener.h"

#include <cerrno>
#include <limits>
#include <sys/socket.h>

#include "schemas/text.h"

namespace hookledger::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr int kBacklog = 4096;

std::optional<tcp::endpoint> parse_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == text.npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']') && host.size() > 2;
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto port = parse_unsigned(text.substr(colon + 1));
  error_code ec;
  const auto address = asio::ip::make_address(std::string(host), ec);
  if (ec || !port || *port > std::numeric_limits<std::uint16_t>::max() || address.is_v6() != bracketed) {
    return std::nullopt;
  }
  return tcp::endpoint(address, static_cast<std::uint16_t>(*port));
}

void share_port(tcp::acceptor& acceptor, error_code& ec) {
  const int on = 1;
  if (::setsockopt(acceptor.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0) {
    ec.assign(errno, boost::system::system_category());
  }
}

error_code listen_on(tcp::acceptor& acceptor, const tcp::endpoint& endpoint, bool first) {
  error_code ec;
  acceptor.open(endpoint.protocol(), ec);
  if (!ec) acceptor.set_option(tcp::acceptor::reuse_address(true), ec);
  // The first binds without sharing, which fails if anybody is there already, and allows it afterwards.
  if (!ec && !first) share_port(acceptor, ec);
  if (!ec) acceptor.bind(endpoint, ec);
  if (!ec && first) share_port(acceptor, ec);
  if (!ec) acceptor.set_option(tcp::no_delay(true), ec);  // Accepted sockets inherit it.
  if (!ec) acceptor.listen(kBacklog, ec);
  return ec;
}

std::string failure(std::string_view address, const error_code& ec) {
  std::string sentence = "cannot listen on " + std::string(address) + ": ";
  if (ec == asio::error::address_in_use) {
    return sentence + "the address is in use; stop the program that listens there, or choose another port";
  }
  return sentence + ec.message() + "; choose another address";
}

}  // namespace

std::optional<std::string> listen(std::string_view address, std::span<tcp::acceptor* const> acceptors) {
  auto endpoint = parse_address(address);
  if (!endpoint) {
    return "cannot listen on " + std::string(address) + ": give ADDR:PORT or [ADDR]:PORT, ADDR an IP address";
  }
  for (std::size_t i = 0; i < acceptors.size(); ++i) {
    error_code ec = listen_on(*acceptors[i], *endpoint, i == 0);
    if (!ec && i == 0) *endpoint = acceptors[0]->local_endpoint(ec);
    if (ec) return failure(address, ec);
  }
  return std::nullopt;
}

bool is_address(std::string_view text) { return parse_address(text).has_value(); }

std::string to_string(const tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(endpoint.port());
}

}  // namespace hookledger::http
