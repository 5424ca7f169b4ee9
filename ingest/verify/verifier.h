#pragma once

#include <string>
#include <string_view>

#include "ingest/sources.h"
#include "schemas/time.h"

namespace hookledger {

enum class SignatureVerdict {
  kValid,
  kMissing,        ///< A header is absent or empty.
  kInvalid,        ///< Malformed, repeated, or signed with none of the keys.
  kOutOfTolerance  ///< Rightly signed, but too old or from the future.
};

/// What a delivery carries to prove its origin.
struct SignatureHeaders {
  std::string_view signature, timestamp;
  std::size_t signature_count = 0, timestamp_count = 0;
};

struct Verification {
  SignatureVerdict verdict = SignatureVerdict::kInvalid;
  const SourceKey* key = nullptr;  ///< With kValid and kOutOfTolerance: the key that verified it.
  std::string_view reason;         ///< A literal for log lines and `verify --explain`; never for the answer.
};

}  // namespace hookledger
