#include "ingest/verify/standard.h"

#include <algorithm>

#include "schemas/standard_webhooks.h"
#include "schemas/text.h"

namespace hookledger {
namespace {

/// More than any rotation needs; each costs a verification.
constexpr std::size_t kSignaturesMax = 32;

std::string_view without_prefix(std::string_view text, std::string_view prefix) {
  return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

bool is_id(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7F && c != '.'; });
}

/// What the list in the header holds that can be checked.
struct Signatures {
  std::vector<std::array<unsigned char, 32>> hmacs;  ///< `v1`
  std::vector<Ed25519Signature> ed25519;             ///< `v1a`
  bool too_many = false;

  explicit Signatures(std::string_view list) {
    for (std::size_t count = 0; !list.empty(); ++count) {
      if (count == kSignaturesMax) {
        too_many = true;
        return;
      }
      const std::string_view one = list.substr(0, list.find(' '));
      list.remove_prefix(std::min(list.size(), one.size() + 1));
      if (one.starts_with("v1,")) add_hmac(one.substr(3));
      if (!one.starts_with("v1a,")) continue;
      if (const auto signature = parse_signature(one.substr(4))) ed25519.push_back(*signature);
    }
  }

 private:
  void add_hmac(std::string_view base64) {
    const auto bytes = decode_base64(base64);
    std::array<unsigned char, 32> hmac;
    if (!bytes || bytes->size() != hmac.size()) return;
    std::copy(bytes->begin(), bytes->end(), hmac.begin());
    hmacs.push_back(hmac);
  }
};

bool signed_by(const SourceKey& key, const Signatures& signatures, std::string_view signed_text) {
  if (const Ed25519Key* public_key = key.public_key()) {
    return std::ranges::any_of(signatures.ed25519, [&](const Ed25519Signature& signature) {
      return public_key->verifies(signature, signed_text);
    });
  }
  if (signatures.hmacs.empty()) return false;
  const auto expected = hmac_sha256(key.secret()->bytes, signed_text);
  return std::ranges::any_of(signatures.hmacs,
                             [&](const auto& hmac) { return equal_in_constant_time(hmac, expected); });
}

class StandardVerifier : public Verifier {
 public:
  Credentials credentials() const override { return {.kind = "standard", .public_keys = true, .secrets = true}; }

  std::optional<SourceKey> public_key(std::string_view text) const override {
    const auto key = parse_public_key(without_prefix(text, "whpk_"));
    return key ? std::optional(SourceKey{key_id(*key), Ed25519Key(*key)}) : std::nullopt;
  }

  std::optional<SourceKey> secret(std::string_view text) const override {
    auto bytes = parse_webhook_secret(text);
    if (!bytes) return std::nullopt;
    std::string id = secret_id("hmac-sha256", *bytes);
    return SourceKey{std::move(id), Secret{std::move(*bytes)}};
  }

  SignatureEvidence evidence(const Source&, const http::Head& head) const override {
    auto id = head.find("webhook-id"), timestamp = head.find("webhook-timestamp"),
         signature = head.find("webhook-signature");
    if (id.count + timestamp.count + signature.count == 0) {
      id = head.find("svix-id");
      timestamp = head.find("svix-timestamp");
      signature = head.find("svix-signature");
    }
    return {.signature = std::string(signature.value),
            .signed_at = std::string(timestamp.value),
            .signed_with = std::string(id.value),
            .refusal = signature.count > 1   ? "more than one webhook-signature header"
                       : timestamp.count > 1 ? "more than one webhook-timestamp header"
                       : id.count > 1        ? "more than one webhook-id header"
                                             : std::string_view()};
  }

  void begin_signed_text(const SignatureEvidence& evidence, std::string& out) const override {
    out.append(evidence.signed_with).append(1, '.').append(evidence.signed_at).append(1, '.');
  }

  Verification verify(const Source& source, const SignatureEvidence& evidence, std::string_view signed_text,
                      Time now) const override {
    if (!evidence.refusal.empty()) return refuse(SignatureVerdict::kInvalid, evidence.refusal);
    if (evidence.signature.empty()) return refuse(SignatureVerdict::kMissing, "no webhook-signature header");
    if (evidence.signed_at.empty()) return refuse(SignatureVerdict::kMissing, "no webhook-timestamp header");
    if (evidence.signed_with.empty()) return refuse(SignatureVerdict::kMissing, "no webhook-id header");
    if (!is_id(evidence.signed_with)) {
      return refuse(SignatureVerdict::kInvalid, "webhook-id is not printable ASCII without space and dot");
    }
    const auto signed_at = parse_signing_time(evidence.signed_at);
    if (!signed_at) return refuse(SignatureVerdict::kInvalid, "webhook-timestamp is not 1 to 18 digits");
    const Signatures signatures(evidence.signature);
    if (signatures.too_many) return refuse(SignatureVerdict::kInvalid, "more than 32 signatures in webhook-signature");
    if (signatures.hmacs.empty() && signatures.ed25519.empty()) {
      return refuse(SignatureVerdict::kInvalid, "no v1 or v1a signature in webhook-signature that can be read");
    }
    const auto key = std::ranges::find_if(
        source.keys, [&](const SourceKey& candidate) { return signed_by(candidate, signatures, signed_text); });
    if (key == source.keys.end()) {
      return refuse(SignatureVerdict::kInvalid, "signed with none of the source's keys, or altered on the way");
    }
    return within_tolerance(source, *key, *signed_at, now);
  }
};

}  // namespace

const Verifier& standard_verifier() {
  static const StandardVerifier verifier;
  return verifier;
}

}  // namespace hookledger
