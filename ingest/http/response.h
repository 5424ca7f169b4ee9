#pragma once

#include <string>

#include "ingest/http/http.h"

namespace hookledger::http {

/// How an answer is framed, beyond what it says.
struct ResponseFraming {
  bool head = false;   ///< It answers HEAD: everything but the body.
  bool close = false;  ///< It is the connection's last.
  bool http11 = true;  ///< The request's version.
};

inline constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

void append_response(std::string& out, const Response& response, ResponseFraming framing);

}  // namespace hookledger::http
