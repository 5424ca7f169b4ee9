#pragma once

#include <string>

#include "schemas/error.h"

namespace hookledger {

/// Reads the secret that signs what is posted: `whsec_` and base64, as in Standard Webhooks. The sentence of an error
/// says what is wrong with `secret-file`; it never shows a secret. Errors: kUsage.
Result<std::string> read_webhook_secret(const std::string& path);

}  // namespace hookledger
