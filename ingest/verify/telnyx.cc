#include "ingest/verify/telnyx.h"

#include <algorithm>

#include "schemas/text.h"

namespace hookledger {
namespace {

constexpr std::size_t kTimestampDigitsMax = 18;
constexpr std::size_t kSignatureTextBytes = 88;  // base64 of 64 bytes

std::optional<std::uint64_t> parse_timestamp(std::string_view text) {
  return text.size() <= kTimestampDigitsMax ? parse_unsigned(text) : std::nullopt;
}

std::optional<Ed25519Signature> parse_signature(std::string_view text) {
  if (text.size() != kSignatureTextBytes) return std::nullopt;
  const auto bytes = decode_base64(text);
  Ed25519Signature signature;
  if (!bytes || bytes->size() != signature.size()) return std::nullopt;
  std::copy(bytes->begin(), bytes->end(), signature.begin());
  return signature;
}

bool within(std::chrono::seconds tolerance, std::uint64_t signed_at, Time now) {
  const auto now_seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  const auto age = now_seconds - static_cast<std::int64_t>(signed_at);
  return age <= tolerance.count() && -age <= tolerance.count();
}

}  // namespace

Verification verify_telnyx(const Source& source, const SignatureHeaders& headers, std::string_view signed_text,
                           Time now) {
  const auto refuse = [](SignatureVerdict verdict, std::string_view reason) {
    return Verification{verdict, nullptr, reason};
  };
  if (headers.signature_count > 1)
    return refuse(SignatureVerdict::kInvalid, "more than one telnyx-signature-ed25519 header");
  if (headers.timestamp_count > 1) return refuse(SignatureVerdict::kInvalid, "more than one telnyx-timestamp header");
  if (headers.signature.empty()) return refuse(SignatureVerdict::kMissing, "no telnyx-signature-ed25519 header");
  if (headers.timestamp.empty()) return refuse(SignatureVerdict::kMissing, "no telnyx-timestamp header");
  const auto signed_at = parse_timestamp(headers.timestamp);
  if (!signed_at) return refuse(SignatureVerdict::kInvalid, "telnyx-timestamp is not 1 to 18 digits");
  const auto signature = parse_signature(headers.signature);
  if (!signature) return refuse(SignatureVerdict::kInvalid, "telnyx-signature-ed25519 is not the base64 of 64 bytes");
  const auto key = std::find_if(source.keys.begin(), source.keys.end(), [&](const SourceKey& candidate) {
    return candidate.key.verifies(*signature, signed_text);
  });
  if (key == source.keys.end()) {
    return refuse(SignatureVerdict::kInvalid, "signed with none of the source's keys, or altered on the way");
  }
  if (!within(source.tolerance, *signed_at, now)) {
    return {SignatureVerdict::kOutOfTolerance, &*key,
            "rightly signed, but too old or from the future: check the clock"};
  }
  return {SignatureVerdict::kValid, &*key, {}};
}

}  // namespace hookledger
