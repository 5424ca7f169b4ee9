#include "ingest/verify/twilio.h"

#include <algorithm>

#include "ingest/origin.h"
#include "ingest/verify/twilio_signature.h"
#include "schemas/crypto.h"
#include "schemas/hmac_sha1.h"
#include "schemas/text.h"

namespace hookledger {
namespace {

constexpr std::size_t kTokenBytesMin = 32, kTokenBytesMax = 256;
constexpr std::size_t kSignatureTextBytes = 28;  // base64 of 20 bytes

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

/// As it may have been signed: with the user information of the origin, and as it is kept.
std::vector<std::string> candidate_urls(std::string_view url, std::string_view public_url) {
  const auto origin = parse_origin(public_url);
  std::vector<std::string> urls = twilio_signed_urls(url);
  if (origin && !origin->user.empty() && url.starts_with(origin->scheme)) {
    const std::string_view rest = url.substr(origin->scheme.size());
    const auto with_user = twilio_signed_urls(std::string(origin->scheme).append(origin->user).append(rest));
    urls.insert(urls.begin(), with_user.begin(), with_user.end());
  }
  return urls;
}

class TwilioVerifier : public Verifier {
 public:
  Credentials credentials() const override { return {.kind = "twilio", .secrets = true, .public_url = true}; }

  std::optional<SourceKey> secret(std::string_view text) const override {
    // Its id, which everybody may see, must not help to find it.
    if (text.size() < kTokenBytesMin || text.size() > kTokenBytesMax || !is_printable(text)) return std::nullopt;
    return SourceKey{secret_id("hmac-sha1", text), Secret{std::string(text)}};
  }

  SignatureEvidence evidence(const Source& source, const http::Head& head) const override {
    const auto signature = head.find("x-twilio-signature");
    const Origin origin = parse_origin(source.public_url).value_or(Origin());
    const std::string_view query = head.target.substr(std::min(head.target.find('?'), head.target.size()));
    return {.signature = std::string(signature.value),
            .signed_at = {},
            .signed_with = std::string(origin.scheme).append(origin.host).append(head.path()).append(query),
            .refusal = signature.count > 1          ? "more than one X-Twilio-Signature header"
                       : !is_printable(head.target) ? "the URL holds what no URL may"
                                                    : std::string_view()};
  }

  void begin_signed_text(const SignatureEvidence&, std::string&) const override {}

  Verification verify(const Source& source, const SignatureEvidence& evidence, std::string_view body,
                      Time) const override {
    if (!evidence.refusal.empty()) return refuse(SignatureVerdict::kInvalid, evidence.refusal);
    if (evidence.signature.empty()) return refuse(SignatureVerdict::kMissing, "no X-Twilio-Signature header");
    const auto code =
        evidence.signature.size() == kSignatureTextBytes ? decode_base64(evidence.signature) : std::nullopt;
    if (!code || code->size() != std::tuple_size_v<HmacSha1>)
      return refuse(SignatureVerdict::kInvalid, "X-Twilio-Signature is not the base64 of 20 bytes");
    const auto parameters = twilio_signed_parameters(evidence.signed_with, body);
    if (!parameters) {
      return refuse(SignatureVerdict::kInvalid, "the body is no form, or has not the bodySHA256 that its URL names");
    }
    const auto urls = candidate_urls(evidence.signed_with, source.public_url);
    const auto key = std::ranges::find_if(source.keys, [&](const SourceKey& candidate) {
      return candidate.secret() != nullptr &&
             twilio_signature_fits(*code, candidate.secret()->bytes, urls, *parameters);
    });
    if (key == source.keys.end()) {
      return refuse(SignatureVerdict::kInvalid,
                    "signed with none of the source's auth tokens, for another URL than public-url says, or altered on "
                    "the way");
    }
    return {SignatureVerdict::kValid, &*key, {}};
  }
};

}  // namespace

const Verifier& twilio_verifier() {
  static const TwilioVerifier verifier;
  return verifier;
}

}  // namespace hookledger
