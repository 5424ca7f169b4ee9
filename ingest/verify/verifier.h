#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ingest/http/http.h"
#include "ingest/sources.h"
#include "schemas/time.h"

namespace hookledger {

enum class SignatureVerdict {
  kValid,
  kMissing,        ///< A header is absent or empty.
  kInvalid,        ///< Malformed, repeated, or signed with none of the keys.
  kOutOfTolerance  ///< Rightly signed, but too old or from the future.
};

/// What a delivery carries beside its body to prove its origin, as a record keeps it. An empty string is an absent one.
struct SignatureEvidence {
  std::string signature;          ///< Header text as it came.
  std::string signed_at;          ///< Timestamp header as it came.
  std::string signed_with;        ///< `RecordView::signed_with`.
  std::string_view refusal = {};  ///< A literal: why it proves nothing whatever it says, two headers say; else empty.
};

struct Verification {
  SignatureVerdict verdict = SignatureVerdict::kInvalid;
  const SourceKey* key = nullptr;  ///< With kValid and kOutOfTolerance: the key that verified it.
  std::string_view reason;         ///< A literal for log lines and `verify --explain`; never for the answer.
};

/// Which credentials a source of one kind has.
struct Credentials {
  std::string_view kind;
  bool public_keys = false, secrets = false;
  bool public_url = false;  ///< It signs its URL, so the one that the provider sees must be configured.

  /// Errors: kUsage, with what to do.
  Result<void> fit(const Source& source) const;
};

/// How the sources of one kind sign. Stateless; threads: any. Pure.
class Verifier {
 public:
  virtual ~Verifier() = default;

  virtual Credentials credentials() const = 0;
  /// A key from its text in the configuration; nothing when it is none, or the kind has no such keys.
  virtual std::optional<SourceKey> public_key([[maybe_unused]] std::string_view text) const { return std::nullopt; }
  /// A secret from what its file holds, without white space around it.
  virtual std::optional<SourceKey> secret([[maybe_unused]] std::string_view text) const { return std::nullopt; }

  /// Of a request that came to `source`.
  virtual SignatureEvidence evidence(const Source& source, const http::Head& head) const = 0;
  /// What stands before the body in the signed text, appended to `out`.
  virtual void begin_signed_text(const SignatureEvidence& evidence, std::string& out) const = 0;
  /// `signed_text` is that and the body.
  virtual Verification verify(const Source& source, const SignatureEvidence& evidence, std::string_view signed_text,
                              Time now) const = 0;
};

inline Verification refuse(SignatureVerdict verdict, std::string_view reason) { return {verdict, nullptr, reason}; }

/// Unix seconds: 1 to 18 decimal digits.
std::optional<std::uint64_t> parse_signing_time(std::string_view text);

/// Of what `key` signed rightly at `signed_at`: valid, unless that is too far from `now`.
Verification within_tolerance(const Source& source, const SourceKey& key, std::uint64_t signed_at, Time now);

}  // namespace hookledger
