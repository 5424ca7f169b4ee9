#pragma once

#include <chrono>
#include <stop_token>
#include <string>

#include "ingest/http/requester.h"

namespace hookledger::http {

struct PostAnswer {
  unsigned status = 0;
  std::string retry_after;  ///< The header as it came; empty: none.
};

/// Posts to one URL, as Requester does. Of an answer only the head is read. One thread.
class Poster {
 public:
  explicit Poster(Url url) : target_(url.target), requester_(std::move(url), 0) {}

  /// As `Requester::ask`.
  Result<PostAnswer> post(const RequestHeaders& headers, const std::string& body, std::chrono::milliseconds timeout,
                          std::stop_token stop);

 private:
  const std::string target_;
  Requester requester_;
};

}  // namespace hookledger::http
