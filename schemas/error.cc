#include "schemas/error.h"

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

namespace hookledger {

bool retryable(ErrorCode code) {
  return code == ErrorCode::kUnavailable || code == ErrorCode::kOverloaded || code == ErrorCode::kStopping;
}

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalid: return "invalid";
    case ErrorCode::kNotFound: return "not found";
    case ErrorCode::kInUse: return "in use";
    case ErrorCode::kCorruption: return "corruption";
    case ErrorCode::kUnavailable: return "unavailable";
    case ErrorCode::kOverloaded: return "overloaded";
    case ErrorCode::kUsage: return "usage";
    case ErrorCode::kStopping: return "stopping";
  }
  return "unknown";
}

void throw_exception_from_error(const Error& error, const boost::source_location&) {
  throw std::runtime_error(error.detail);
}

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "hookledger: internal error: %s\n", what);
  std::abort();
}

}  // namespace hookledger
