#include "ingest/http/poster.h"

namespace hookledger::http {

Result<PostAnswer> Poster::post(const RequestHeaders& headers, const std::string& body,
                                std::chrono::milliseconds timeout, std::stop_token stop) {
  auto answer =
      requester_.ask({.method = "POST", .target = target_, .headers = headers, .body = body, .wanted = {"retry-after"}},
                     timeout, std::move(stop));
  if (!answer) return answer.error();
  return PostAnswer{answer->status, std::move(answer->headers.front())};
}

}  // namespace hookledger::http
