#include "ingest/verify/verifiers.h"

#include <algorithm>
#include <array>

#include "ingest/verify/standard.h"
#include "ingest/verify/telnyx.h"
#include "ingest/verify/twilio.h"

namespace hookledger {
namespace {

using Verifiers = std::array<const Verifier*, 3>;

const Verifiers& verifiers() {
  static const Verifiers all = {&telnyx_verifier(), &standard_verifier(), &twilio_verifier()};
  return all;
}

}  // namespace

const Verifier* verifier_of(std::string_view kind) {
  const auto found =
      std::ranges::find_if(verifiers(), [&](const Verifier* verifier) { return verifier->credentials().kind == kind; });
  return found == verifiers().end() ? nullptr : *found;
}

std::string known_kinds() {
  std::string kinds;
  for (const Verifier* verifier : verifiers()) {
    if (!kinds.empty()) kinds += verifier == verifiers().back() ? " or " : ", ";
    kinds += verifier->credentials().kind;
  }
  return kinds;
}

SignatureEvidence evidence_of(const RecordView& record) {
  return {std::string(record.signature), std::string(record.signed_at), std::string(record.signed_with)};
}

Verification verify_again(const Source& source, const SignatureEvidence& evidence, std::string_view body) {
  const Verifier* verifier = verifier_of(source.kind);
  if (verifier == nullptr) return refuse(SignatureVerdict::kInvalid, "of a kind of source that is not known");
  std::string signed_text;
  signed_text.reserve(evidence.signed_at.size() + evidence.signed_with.size() + 2 + body.size());
  verifier->begin_signed_text(evidence, signed_text);
  signed_text.append(body);
  Verification verification = verifier->verify(source, evidence, signed_text, {});
  if (verification.verdict == SignatureVerdict::kOutOfTolerance) verification.verdict = SignatureVerdict::kValid;
  return verification;
}

}  // namespace hookledger
