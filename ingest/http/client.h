#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "schemas/error.h"

namespace hookledger::http {

struct FetchedResponse {
  unsigned status = 0;
  std::string content_type, body;
};

/// One GET over plain HTTP: `base` is `http://HOST:PORT`, `target` a path with query. Blocks up to `timeout`.
/// The body is at most 256 MiB. Errors: kUsage (not such a URL), kUnavailable (nobody answers).
Result<FetchedResponse> fetch(std::string_view base, std::string_view target, std::chrono::seconds timeout);

}  // namespace hookledger::http
