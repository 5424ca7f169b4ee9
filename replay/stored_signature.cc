#include "replay/stored_signature.h"

#include <algorithm>

#include "ingest/verify/verifiers.h"

namespace hookledger {
namespace {

const SourceKey* key_of(const Source& source, std::string_view id) {
  const auto found = std::ranges::find(source.keys, id, &SourceKey::id);
  return found == source.keys.end() ? nullptr : &*found;
}

/// A source with the record's key alone: the record's own, else any that has it.
std::optional<Source> signer_of(const RecordView& record, const LogReader& log, const Sources* configured) {
  Source signer;
  signer.kind = record.source_kind();
  if (auto key = log.find_key(record.key_id)) {
    signer.keys.push_back({std::string(record.key_id), std::move(*key)});
    return signer;
  }
  if (configured == nullptr) return std::nullopt;
  const Source* const named = configured->by_name(record.source);
  const auto holds = [&](const Source& source) { return key_of(source, record.key_id) != nullptr; };
  const auto any = std::ranges::find_if(configured->all(), holds);
  if (any == configured->all().end()) return std::nullopt;
  const Source& source = named != nullptr && holds(*named) ? *named : *any;
  signer.keys.push_back(*key_of(source, record.key_id));
  signer.public_url = source.public_url;
  return signer;
}

}  // namespace

std::string_view to_string(StoredSignature signature) {
  switch (signature) {
    case StoredSignature::kValid: return "valid";
    case StoredSignature::kInvalid: return "invalid";
    case StoredSignature::kAbsent: return "absent";
    case StoredSignature::kUnknownKey: return "unknown-key";
  }
  return "";
}

SignatureCheck check_signature(const RecordView& record, const LogReader& log, const Sources* configured) {
  if (record.signature.empty()) return {StoredSignature::kAbsent};
  if (record.key_id.empty()) return {StoredSignature::kUnknownKey};
  const auto signer = signer_of(record, log, configured);
  if (!signer) return {StoredSignature::kUnknownKey};
  const auto verification = verify_again(*signer, evidence_of(record), record.body);
  if (verification.verdict == SignatureVerdict::kValid) return {StoredSignature::kValid};
  return {StoredSignature::kInvalid, verification.reason};
}

}  // namespace hookledger
