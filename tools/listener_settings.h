#pragma once

#include <chrono>

#include "ingest/http/http.h"
#include "schemas/clock.h"
#include "tools/settings.h"

namespace hookledger {

/// What the settings say about the listeners of a server.
struct Listeners {
  http::ServerOptions webhooks, api;
  std::chrono::milliseconds drain_timeout{};
};

/// `--listen`, `--api-listen`, limits, TLS files and the time for draining.
std::vector<OptionSpec> listener_options();

/// `clock` outlives the servers. Errors: kUsage; an address or a key that no server could use is one.
Result<Listeners> read_listeners(const Settings& settings, const Clock& clock);

}  // namespace hookledger
