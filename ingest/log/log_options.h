#pragma once

#include <rocksdb/db.h>
#include <string>
#include <vector>

#include "schemas/clock.h"

namespace hookledger {

/// How the embedded log uses RocksDB. Internal to ingest/log.
rocksdb::DBOptions log_db_options();

/// For the owner: tables are written and files deleted evenly, so that a commit's sync waits for little, and
/// never under a reader. `path`: of the log. After `env`.
void spread_disk_work(rocksdb::DBOptions& options, const std::string& path);

/// Column families in the order of `LogFamily`.
enum LogFamily : std::size_t {
  kMetaFamily,
  kRecordsFamily,
  kDedupFamily,
  kDeliveriesFamily,
  kKeyringFamily,
  kLogFamilies
};

/// `clock` (null when reading) lets compaction drop dedup entries older than the window.
std::vector<rocksdb::ColumnFamilyDescriptor> log_families(const Clock* clock, Duration dedup_window);

}  // namespace hookledger
