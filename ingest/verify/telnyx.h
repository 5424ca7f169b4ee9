#pragma once

#include "ingest/verify/verifier.h"

namespace hookledger {

/// Telnyx API v2 webhooks: Ed25519 over the timestamp header as received, `|`, the raw body. `signed_text` is
/// exactly that. The timestamp is 1 to 18 decimal digits; base64 is strict, padded and canonical. Pure.
/// Source: Telnyx OpenAPI specification, webhook header parameters; the official SDKs.
Verification verify_telnyx(const Source& source, const SignatureHeaders& headers, std::string_view signed_text,
                           Time now);

}  // namespace hookledger
