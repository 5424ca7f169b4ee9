#include "schemas/standard_webhooks.h"

#include "schemas/crypto.h"
#include "schemas/text.h"

namespace hookledger {
namespace {

constexpr std::string_view kSecretPrefix = "whsec_";
constexpr std::size_t kKeyBytesMin = 24, kKeyBytesMax = 64;

}  // namespace

std::optional<std::string> parse_webhook_secret(std::string_view text) {
  if (text.starts_with(kSecretPrefix)) text.remove_prefix(kSecretPrefix.size());
  std::string base64(text);
  if (base64.find('=') == std::string::npos) base64.append((4 - base64.size() % 4) % 4, '=');
  auto key = decode_base64(base64);
  if (!key || key->size() < kKeyBytesMin || key->size() > kKeyBytesMax) return std::nullopt;
  return key;
}

WebhookHeaders sign_webhook(std::string_view key, std::string_view id, Time now, std::string_view body) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
  WebhookHeaders headers{std::string(id), std::to_string(seconds), {}};
  std::string signed_text = headers.id + "." + headers.timestamp + ".";
  signed_text.append(body);
  const auto mac = hmac_sha256(key, signed_text);
  headers.signature = "v1," + encode_base64({reinterpret_cast<const char*>(mac.data()), mac.size()});
  return headers;
}

}  // namespace hookledger
