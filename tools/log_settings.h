#pragma once

#include "ingest/log/embedded_log.h"
#include "tools/settings.h"

namespace hookledger {

/// `--partitions`, `--dedup-window`.
std::vector<OptionSpec> log_settings_options();

/// The embedded log of the data dir. Errors: kUsage.
Result<EmbeddedLogOptions> log_options(const Settings& settings);

}  // namespace hookledger
