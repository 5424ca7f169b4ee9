#pragma once

#include "ingest/verify/verifier.h"

namespace hookledger {

/// Standard Webhooks 1.0: `webhook-id`, `.`, `webhook-timestamp`, `.`, the raw body, signed with HMAC-SHA256 (`v1`) or
/// Ed25519 (`v1a`). `webhook-signature` is a list, of which one that verifies with any of the source's keys is enough;
/// other versions are skipped. The same headers named `svix-` count when none of `webhook-` is there. An id is
/// printable ASCII without space or dot; base64 is strict, padded and canonical. Secrets: base64 of 24 to 64 bytes,
/// padding optional, after an optional `whsec_`; public keys: base64 of 32 bytes after an optional `whpk_`. Source:
/// github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md.
const Verifier& standard_verifier();

}  // namespace hookledger
