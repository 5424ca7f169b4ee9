#pragma once

#include <memory>
#include <string>

#include "ingest/log/committer.h"
#include "ingest/log/event_log.h"
#include "ingest/log/log_store.h"

namespace hookledger {

struct EmbeddedLogOptions {
  LogStoreOptions store;
  CommitLimits limits;
};

/// The log on one machine: RocksDB, owned by one process. Errors: as LogStore::open. References outlive the log.
Result<std::unique_ptr<EventLog>> open_embedded_log(const EmbeddedLogOptions& options, const Clock& clock,
                                                    Logger& logger, Metrics& metrics);

/// The same log for reading, beside its owner or after it: everything acknowledged before this call is there.
Result<std::unique_ptr<LogReader>> open_embedded_log_reader(const std::string& path);

}  // namespace hookledger
