#include "tools/log_settings.h"

#include "tools/data_access.h"

namespace hookledger {

std::vector<OptionSpec> log_settings_options() {
  return {{"dedup-window", "DURATION", "how long an event id is known; default 72h, at least 1h"},
          {"partitions", "N", "of a new log, fixed from then on; default 8"}};
}

Result<EmbeddedLogOptions> log_options(const Settings& settings) {
  EmbeddedLogOptions options;
  options.store.path = log_folder(data_dir(settings));
  const auto window = settings.duration("dedup-window", options.store.dedup_window);
  if (!window) return window.error();
  if (*window < std::chrono::hours(1)) return Error{ErrorCode::kUsage, "--dedup-window must be at least 1h"};
  options.store.dedup_window = *window;
  const auto partitions = settings.number("partitions", 0, settings.has("partitions") ? 1 : 0, 1024);
  if (!partitions) return partitions.error();
  options.store.partitions = static_cast<std::uint32_t>(*partitions);
  return options;
}

}  // namespace hookledger
