#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "ingest/http/requester.h"

namespace hookledger::http {

struct FetchedResponse {
  unsigned status = 0;
  std::string content_type, body;
};

/// Is it `http://HOST:PORT`, as `fetch` takes it?
bool is_base_url(std::string_view text);

/// One request without a body over plain HTTP: `base` is `http://HOST:PORT`, `target` a path with query. Blocks up to
/// `timeout`. The body of the answer is at most 256 MiB. `headers`: beside those that a request needs.
/// Errors: kUsage (not such a URL), kUnavailable (nobody answers).
Result<FetchedResponse> send(std::string_view method, std::string_view base, std::string_view target,
                             std::chrono::milliseconds timeout, const RequestHeaders& headers = {});

/// `send` with GET.
Result<FetchedResponse> fetch(std::string_view base, std::string_view target, std::chrono::milliseconds timeout,
                              const RequestHeaders& headers = {});

}  // namespace hookledger::http
