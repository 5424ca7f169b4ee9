#pragma once

#include <memory>
#include <string>

#include "ingest/sources.h"
#include "tools/listener_settings.h"

namespace hookledger {

/// What the settings say about one of several projectors, beside the cluster.
struct ProjectSettings {
  ApiListener listener;
  std::string advertise;  ///< Empty: the address that it listens on.
  std::string instance;   ///< This process among the projectors.
  bool standby = false;
  unsigned threads = 1;
  std::chrono::milliseconds session_timeout{};
  std::shared_ptr<const Sources> sources;  ///< Maybe none: their secrets check signatures.
};

std::vector<OptionSpec> project_options();

/// `clock` outlives the server. Errors: kUsage.
Result<ProjectSettings> read_project_settings(const Settings& settings, const Clock& clock);

}  // namespace hookledger
