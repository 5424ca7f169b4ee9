#pragma once

#include <string_view>

#include "ingest/log/event_log.h"
#include "ingest/sources.h"

namespace hookledger {

enum class StoredSignature { kValid, kInvalid, kAbsent, kUnknownKey };
std::string_view to_string(StoredSignature signature);

struct SignatureCheck {
  StoredSignature signature = StoredSignature::kAbsent;
  std::string_view reason = {};  ///< With kInvalid: a literal.
};

/// Verifies a stored record again, whatever its age. Its key is in the log's keyring when it is a public one; a secret
/// is never stored, so only `configured` (null: none) can have it.
SignatureCheck check_signature(const RecordView& record, const LogReader& log, const Sources* configured);

}  // namespace hookledger
