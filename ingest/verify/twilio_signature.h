#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hookledger {

/// The spellings of a URL that the provider may have signed: as it is, without its port, with the standard port when it
/// has none, and each of these with `'` in the query as `%27`. User information stays. The likeliest first, none twice.
std::vector<std::string> twilio_signed_urls(std::string_view url);

/// What follows the URL in the signed text. Nothing when no text could cover the body, so that no signature is right:
/// - The URL names `bodySHA256`: the empty text, when that is the body's SHA-256.
/// - Else the body is a form: every parameter, its name and then its values, sorted by name and value, no value
///   of a name twice.
std::optional<std::string> twilio_signed_parameters(std::string_view url, std::string_view body);

/// Is `signature` (20 bytes) the HMAC-SHA1 under `auth_token` of one of the URLs and the parameters?
bool twilio_signature_fits(std::string_view signature, std::string_view auth_token,
                           const std::vector<std::string>& urls, std::string_view parameters);

}  // namespace hookledger
