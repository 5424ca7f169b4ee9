#pragma once

#include "tools/settings.h"

namespace hookledger {

OptionSpec threads_option();
/// `--threads`; the machine's cores when absent. Errors: kUsage.
Result<unsigned> thread_count(const Settings& settings);

}  // namespace hookledger
