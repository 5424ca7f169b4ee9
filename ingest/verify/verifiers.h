#pragma once

#include <string>
#include <string_view>

#include "ingest/verify/verifier.h"
#include "schemas/record.h"

namespace hookledger {

/// Null for a kind that is not known: nothing of it may enter.
const Verifier* verifier_of(std::string_view kind);

/// `telnyx, standard or …`, for messages.
std::string known_kinds();

/// What a record keeps of the evidence.
SignatureEvidence evidence_of(const RecordView& record);

/// Was the evidence made with a key of the source, whenever that was? `source.kind` says how.
Verification verify_again(const Source& source, const SignatureEvidence& evidence, std::string_view body);

}  // namespace hookledger
