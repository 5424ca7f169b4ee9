#include "ingest/verify/telnyx.h"

#include <algorithm>

#include "schemas/text.h"

namespace hookledger {
namespace {

class TelnyxVerifier : public Verifier {
 public:
  Credentials credentials() const override { return {.kind = "telnyx", .public_keys = true}; }

  std::optional<SourceKey> public_key(std::string_view text) const override {
    const auto key = parse_public_key(text);
    return key ? std::optional(SourceKey{key_id(*key), Ed25519Key(*key)}) : std::nullopt;
  }

  SignatureEvidence evidence(const Source&, const http::Head& head) const override {
    const auto signature = head.find("telnyx-signature-ed25519");
    const auto timestamp = head.find("telnyx-timestamp");
    return {.signature = std::string(signature.value),
            .signed_at = std::string(timestamp.value),
            .signed_with = {},
            .refusal = signature.count > 1   ? "more than one telnyx-signature-ed25519 header"
                       : timestamp.count > 1 ? "more than one telnyx-timestamp header"
                                             : std::string_view()};
  }

  void begin_signed_text(const SignatureEvidence& evidence, std::string& out) const override {
    out.append(evidence.signed_at).append(1, '|');
  }

  Verification verify(const Source& source, const SignatureEvidence& evidence, std::string_view signed_text,
                      Time now) const override {
    if (!evidence.refusal.empty()) return refuse(SignatureVerdict::kInvalid, evidence.refusal);
    if (evidence.signature.empty()) return refuse(SignatureVerdict::kMissing, "no telnyx-signature-ed25519 header");
    if (evidence.signed_at.empty()) return refuse(SignatureVerdict::kMissing, "no telnyx-timestamp header");
    const auto signed_at = parse_signing_time(evidence.signed_at);
    if (!signed_at) return refuse(SignatureVerdict::kInvalid, "telnyx-timestamp is not 1 to 18 digits");
    const auto signature = parse_signature(evidence.signature);
    if (!signature) return refuse(SignatureVerdict::kInvalid, "telnyx-signature-ed25519 is not the base64 of 64 bytes");
    const auto key = std::ranges::find_if(source.keys, [&](const SourceKey& candidate) {
      return candidate.public_key() != nullptr && candidate.public_key()->verifies(*signature, signed_text);
    });
    if (key == source.keys.end()) {
      return refuse(SignatureVerdict::kInvalid, "signed with none of the source's keys, or altered on the way");
    }
    return within_tolerance(source, *key, *signed_at, now);
  }
};

}  // namespace

const Verifier& telnyx_verifier() {
  static const TelnyxVerifier verifier;
  return verifier;
}

}  // namespace hookledger
