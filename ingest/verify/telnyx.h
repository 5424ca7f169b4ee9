#pragma once

#include "ingest/verify/verifier.h"

namespace hookledger {

/// Telnyx API v2 webhooks: Ed25519 over the timestamp header as received, `|`, the raw body. The timestamp is 1 to 18
/// decimal digits; base64 is strict, padded and canonical.
/// Source: Telnyx OpenAPI specification, webhook header parameters; the official SDKs.
const Verifier& telnyx_verifier();

}  // namespace hookledger
