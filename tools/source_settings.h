#pragma once

#include <memory>

#include "ingest/sources.h"
#include "tools/settings.h"

namespace hookledger {

/// The options that configure sources on the command line.
std::vector<OptionSpec> source_options();

/// The sources of `--telnyx-public-key`, `--tolerance` and the `[source.NAME]` sections; may be none.
/// Errors: kUsage.
Result<std::shared_ptr<const Sources>> configured_sources(const Settings& settings);

}  // namespace hookledger
