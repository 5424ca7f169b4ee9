#pragma once

#include <chrono>

#include "ingest/http/http.h"
#include "schemas/clock.h"
#include "tools/settings.h"

namespace hookledger {

/// What the settings say about a server of the API alone.
struct ApiListener {
  http::ServerOptions api;
  std::chrono::milliseconds drain_timeout{};
};

/// What they say about the listeners of a server that takes webhooks.
struct Listeners : ApiListener {
  http::ServerOptions webhooks;
};

/// `--api-listen` and the time for draining.
std::vector<OptionSpec> api_listener_options();
/// Those, `--listen`, limits and TLS files.
std::vector<OptionSpec> listener_options();

/// `clock` outlives the servers. Errors: kUsage; an address or a key that no server could use is one.
Result<ApiListener> read_api_listener(const Settings& settings, const Clock& clock);
Result<Listeners> read_listeners(const Settings& settings, const Clock& clock);

}  // namespace hookledger
