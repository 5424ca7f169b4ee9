#include "ingest/verify/verifier.h"

#include <algorithm>

#include "ingest/origin.h"
#include "schemas/text.h"

namespace hookledger {
namespace {

constexpr std::size_t kTimestampDigitsMax = 18;

}  // namespace

Result<void> Credentials::fit(const Source& source) const {
  const auto usage = [&](const std::string& detail) {
    return Error{ErrorCode::kUsage, "source " + source.name + detail};
  };
  const std::string of_kind = ": kind " + std::string(kind);
  const std::string wanted = public_keys && secrets ? "public-key or secret-file"
                             : secrets              ? "secret-file"
                                                    : "public-key";
  for (const SourceKey& key : source.keys) {
    if (!public_keys && key.public_key() != nullptr)
      return usage(of_kind + " verifies with secret-file, not with public-key");
    if (!secrets && key.secret() != nullptr) return usage(of_kind + " verifies with public-key, not with secret-file");
  }
  if (source.keys.empty()) {
    return usage(std::string(" has no ") +
                 (secrets ? public_keys ? "secret and no public key" : "secret" : "public key") +
                 ": nothing could be verified, give it " + wanted);
  }
  if (!public_url && !source.public_url.empty()) return usage(of_kind + " does not sign its URL: take public-url out");
  if (public_url && source.public_url.empty()) {
    return usage(of_kind +
                 " signs its URL: give public-url, the origin that the provider sees, such as https://example.org");
  }
  if (public_url && !parse_origin(source.public_url)) {
    return usage(
        ": public-url is no origin: give scheme, host and, if there is one, port, without a path, such as "
        "https://example.org");
  }
  return {};
}

std::optional<std::uint64_t> parse_signing_time(std::string_view text) {
  return text.size() <= kTimestampDigitsMax ? parse_unsigned(text) : std::nullopt;
}

Verification within_tolerance(const Source& source, const SourceKey& key, std::uint64_t signed_at, Time now) {
  const auto now_seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  const auto age = now_seconds - static_cast<std::int64_t>(signed_at);
  if (std::max(age, -age) <= source.tolerance.count()) return {SignatureVerdict::kValid, &key, {}};
  return {SignatureVerdict::kOutOfTolerance, &key, "rightly signed, but too old or from the future: check the clock"};
}

}  // namespace hookledger
