#pragma once

#include "ingest/verify/verifier.h"

namespace hookledger {

/// Twilio webhooks: HMAC-SHA1, under the account's auth token, over the public URL and the parameters of the body
/// (`twilio_signature.h`). The scheme has no time, so nothing is ever out of tolerance.
///
/// `signed_with` is the public URL without its user information, which is a secret: that comes from
/// `Source::public_url` again. Source: twilio.com/docs/usage/security; the validators of twilio-python and twilio-node.
const Verifier& twilio_verifier();

}  // namespace hookledger
