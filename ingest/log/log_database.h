#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <rocksdb/db.h>
#include <shared_mutex>
#include <string>
#include <vector>

#include "ingest/log/log_errors.h"
#include "ingest/log/log_keys.h"
#include "ingest/log/log_options.h"
#include "ingest/log/log_store.h"
#include "ingest/log/reader_lock.h"

namespace hookledger {

/// The RocksDB database of a log: opened as its owner, beside an owner, or to read when it cannot be written; closed
/// and opened again after a failed write. Internal to ingest/log.
class LogDatabase {
 public:
  enum class Mode { kOwner, kReadOnly, kSecondary };

  /// `clock` tells which dedup entries have expired; null for a reader.
  LogDatabase(LogStoreOptions options, const Clock* clock);
  ~LogDatabase();

  rocksdb::Status open(Mode mode);
  /// As a secondary, sees all that the owner has written. It reads first which tables there are, then the write-ahead
  /// logs. One that is moved into tables and removed in between would leave a hole, so it looks again.
  rocksdb::Status catch_up();
  void close();

  /// Reads or, for a new log, writes the format and the number of partitions.
  Result<void> read_format(bool may_create);
  rocksdb::Status get(LogFamily family, std::string_view key, std::string* value) const;
  /// An id always means the same key, so that each is made ready once.
  std::optional<Ed25519Key> find_key(std::string_view key_id) const;

  Error error(const rocksdb::Status& status) const { return to_error(status, options_.path); }
  const std::string& path() const { return options_.path; }
  Duration dedup_window() const { return options_.dedup_window; }
  rocksdb::Env& env() const { return options_.env != nullptr ? *options_.env : *rocksdb::Env::Default(); }

  /// Held shared by every read and cursor, exclusively while the database is closed and opened again.
  mutable std::shared_mutex mutex;
  std::unique_ptr<rocksdb::DB> db;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  std::shared_ptr<BackgroundErrorListener> listener;
  std::uint32_t partitions = 0;

 private:
  /// Changes whenever the set of tables does: the manifest's name and size.
  std::string manifest_state() const;
  Result<void> create_format();

  LogStoreOptions options_;
  const Clock* clock_;
  std::optional<ReaderLock> reading_;
  mutable std::mutex keys_mutex_;  ///< Guards `keys_`; held for look-ups only.
  mutable std::map<std::string, Ed25519Key, std::less<>> keys_;
};

}  // namespace hookledger
