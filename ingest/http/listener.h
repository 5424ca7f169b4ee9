#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace hookledger::http {

/// Makes every acceptor listen on `address` (`ADDR:PORT`, `[ADDR]:PORT`; port 0: any free one, the same for all), so
/// that the kernel spreads connections over them. Gives what went wrong in one sentence, or nothing. An address that
/// another program listens on is refused, even if that program would share it.
std::optional<std::string> listen(std::string_view address, std::span<boost::asio::ip::tcp::acceptor* const> acceptors);

/// `ADDR:PORT` or `[ADDR]:PORT`.
std::string to_string(const boost::asio::ip::tcp::endpoint& endpoint);

}  // namespace hookledger::http
