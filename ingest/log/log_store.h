#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/log/event_log.h"
#include "schemas/clock.h"

namespace rocksdb {
class Env;
}

namespace hookledger {

class LogDatabase;

struct LogStoreOptions {
  std::string path;              ///< Folder of the log.
  std::uint32_t partitions = 0;  ///< For a new log; 0: 8. Another value than an existing log's is refused.
  Duration dedup_window{std::chrono::hours(72)};
  rocksdb::Env* env = nullptr;  ///< Tests inject faults here; null: the real one. Outlives the store.
};

/// The embedded log's bytes on disk (schemas/record.md), in RocksDB. Knows keys and values; who appends what, and
/// when, is the committer's business. Threads: any; `write` and `reopen` from one.
class LogStore {
 public:
  /// Opens as the owner, creating the log when it is absent. `clock` outlives the store.
  /// Errors: kInUse, kUsage (another number of partitions), kCorruption, kUnavailable.
  static Result<std::unique_ptr<LogStore>> open(const LogStoreOptions& options, const Clock& clock);
  /// Opens to read, beside an owner or after it. Changes nothing. Errors: kNotFound, kCorruption, kUnavailable.
  static Result<std::unique_ptr<LogStore>> open_reader(const std::string& path);
  ~LogStore();

  struct DedupEntry {
    Place place;
    Time appended_at;
  };
  struct NewRecord {
    Place place;
    std::string_view record;
    std::string_view dedup_key;
  };
  struct Commit {
    std::vector<NewRecord> records;
    std::vector<std::pair<Place, std::uint32_t>> deliveries;  ///< New totals.
    Time appended_at;
  };

  std::uint32_t partitions() const;
  /// Nothing when the id is new or its entry is older than the window at `now`.
  Result<std::optional<DedupEntry>> find(std::string_view dedup_key, Time now) const;
  std::uint32_t deliveries(Place place) const;
  /// One atomic batch. Synced when it has records. After an error nobody knows what reached the disk: `reopen`.
  Result<void> write(const Commit& commit);
  /// For a store that knows ids of records which are elsewhere. Not synced: a crash loses a suffix of such writes.
  struct Index {
    struct Entry {
      std::string dedup_key;
      DedupEntry value;
    };
    std::vector<Entry> entries;
    std::vector<std::pair<Place, std::uint32_t>> deliveries;  ///< New totals.
    std::vector<Place> followed;  ///< Of a partition: one past the last offset whose entry is in the store.
  };
  Result<void> write(const Index& index);
  /// Which log an index is of, as its owner names it; empty when that was never said. Durable.
  Result<std::string> origin() const;
  Result<void> set_origin(std::string_view origin);
  /// 0 when the partition was not followed yet.
  Result<std::uint64_t> followed(std::uint32_t partition) const;
  Result<void> put_key(std::string_view key_id, const Ed25519PublicKey& key);
  std::optional<Ed25519Key> find_key(std::string_view key_id) const;
  Result<void> remove(std::uint32_t partition, std::span<const OffsetRange> ranges, std::uint64_t next);

  /// `none` when there is no record, or none that can be read.
  std::uint64_t first(std::uint32_t partition, std::uint64_t none) const;
  /// Of every partition, one past the last offset ever given. An error rather than a guess, which would give
  /// offsets twice. Errors: kCorruption, kUnavailable.
  Result<std::vector<std::uint64_t>> next_offsets() const;
  Result<StoredRecord> read(Place place) const;
  std::unique_ptr<LogCursor> scan(std::uint32_t partition, std::uint64_t from) const;
  std::uint64_t bytes_on_disk() const;
  /// About; removed ones do not count.
  std::uint64_t records() const;
  /// Writes what is in memory into tables, so that the next open is quick and tables' checksums guard all of it.
  Result<void> flush();

  /// Called on a RocksDB thread when a background flush or compaction fails.
  void on_background_error(std::function<void(std::string)> notify);
  /// Is the disk writable again? Writes, syncs and removes a small file.
  Result<void> probe() const;
  /// Closes and opens again, so that memory and disk agree. Waits for readers. When the log cannot be opened for
  /// writing it is opened for reading only and the error says why.
  Result<void> reopen();

 private:
  explicit LogStore(std::unique_ptr<LogDatabase> database);
  std::unique_ptr<LogDatabase> database_;
};

}  // namespace hookledger
