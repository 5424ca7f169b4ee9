#pragma once

#include <string>
#include <vector>

#include "ingest/http/poster.h"
#include "replay/redelivery/dispatcher.h"
#include "replay/redelivery/plan.h"
#include "replay/redelivery/selection.h"
#include "tools/selected_calls.h"
#include "tools/settings.h"

namespace hookledger {

/// What `hookledger redeliver` is told.
struct RedeliverSettings {
  http::Url url;
  std::string where;    ///< Its scheme and authority: the rest may hold a secret.
  std::string key;      ///< That signs; empty: nothing is signed.
  Selection selection;  ///< Without calls.
  CallQuestion calls;
  RedeliveryPace pace;
  std::uint64_t parallel = 0;
  GiveUpAfter give_up;
  std::string job_folder;  ///< Of this log, URL and selection as they were written: the same command, the same folder.
};

std::vector<OptionSpec> redeliver_options();

/// Errors: kUsage. Reads the secret.
Result<RedeliverSettings> redeliver_settings(const Settings& settings, Time now);

}  // namespace hookledger
