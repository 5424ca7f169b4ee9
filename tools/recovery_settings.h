#pragma once

#include <string>
#include <vector>

#include "ingest/http/url.h"
#include "tools/settings.h"

namespace hookledger {

/// How what one source lost is fetched from its provider.
struct RecoverySettings {
  std::string source;
  http::Url api;    ///< Its target is the path before every question, without a slash at its end.
  std::string key;  ///< Never shown.
  std::vector<std::string> connections;
  Duration interval = std::chrono::minutes(5);
};

/// `--telnyx-api-key-file`, `--telnyx-api-url`.
std::vector<OptionSpec> recovery_options();

/// Of every source with an API key, in its `[source.NAME]`, or for the source telnyx in the options above and in
/// HOOKLEDGER_TELNYX_API_KEY. Errors: kUsage, never with a key.
Result<std::vector<RecoverySettings>> configured_recoveries(const Settings& settings);

}  // namespace hookledger
