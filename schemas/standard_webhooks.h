#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "schemas/time.h"

namespace hookledger {

/// Standard Webhooks 1.0 (github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md), scheme `v1`:
/// HMAC-SHA256 over `ID.TIMESTAMP.BODY`.

/// The key of `whsec_` (which may be left out) and the base64 of 24 to 64 bytes, with its padding or without.
std::optional<std::string> parse_webhook_secret(std::string_view text);

/// The three headers of one attempt. The id is the same in every attempt, the timestamp its own.
struct WebhookHeaders {
  std::string id, timestamp, signature;
};
/// `id` has no dot.
WebhookHeaders sign_webhook(std::string_view key, std::string_view id, Time now, std::string_view body);

}  // namespace hookledger
