#include "ingest/log/log_options.h"

#include <rocksdb/cache.h>
#include <rocksdb/compaction_filter.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/sst_file_manager.h>
#include <rocksdb/sst_partitioner.h>
#include <rocksdb/table.h>

#include "ingest/log/even_pace.h"
#include "ingest/log/log_keys.h"
#include "ingest/log/reader_lock.h"

namespace hookledger {
namespace {

constexpr std::size_t kMiB = 1024 * 1024;
constexpr std::size_t kRecordsMemtableBytes = 32 * kMiB;
constexpr std::size_t kSmallMemtableBytes = 8 * kMiB;
constexpr std::size_t kBlockCacheBytes = 32 * kMiB;
constexpr std::size_t kBlockBytes = 16 * 1024;
// An fdatasync of the write-ahead log waits for what else is on its way to the disk, and for the file system's
// journal, which a deletion fills (worst on ext4 mounted with `discard`). Tables are therefore written, and files
// deleted, in small pieces at an even rate well above what a full load writes.
constexpr std::int64_t kTableBytesPerSecond = 128 * kMiB;
constexpr std::size_t kTableSyncBytes = 64 * 1024;
constexpr std::int64_t kTableWriteBytes = 128 * 1024;
constexpr std::int64_t kDeletedBytesPerSecond = 128 * kMiB;
constexpr std::uint64_t kDeletedChunkBytes = 256 * 1024;
constexpr double kDeletedRatioMax = 1e6;  // However much waits: none is deleted at once.

/// RocksDB's info log, kept nowhere. Its own, in a file, ends the process on a full disk: RocksDB 7.8 asserts that
/// nothing follows a failed write to a file, and its logger goes on. What goes wrong is told by statuses and
/// BackgroundErrorListener.
class NoInfoLog : public rocksdb::Logger {
 public:
  NoInfoLog() : Logger(rocksdb::InfoLogLevel::FATAL_LEVEL) {}
  using Logger::Logv;
  void Logv(const char*, va_list) override {}
};

/// Drops dedup entries that no lookup would honour any more.
class ExpiredDedupFilter : public rocksdb::CompactionFilter {
 public:
  ExpiredDedupFilter(const Clock& clock, Duration window) : clock_(clock), window_(window) {}
  const char* Name() const override { return "hookledger.expired_dedup"; }
  bool Filter(int, const rocksdb::Slice&, const rocksdb::Slice& value, std::string*, bool*) const override {
    const auto entry = decode_dedup(value.ToStringView());
    return entry && entry->appended_at < clock_.wall() - window_;
  }

 private:
  const Clock& clock_;
  const Duration window_;
};

class ExpiredDedupFilterFactory : public rocksdb::CompactionFilterFactory {
 public:
  ExpiredDedupFilterFactory(const Clock& clock, Duration window) : clock_(clock), window_(window) {}
  const char* Name() const override { return "hookledger.expired_dedup_factory"; }
  std::unique_ptr<rocksdb::CompactionFilter> CreateCompactionFilter(
      const rocksdb::CompactionFilter::Context&) override {
    return std::make_unique<ExpiredDedupFilter>(clock_, window_);
  }

 private:
  const Clock& clock_;
  const Duration window_;
};

rocksdb::ColumnFamilyOptions family_options(const std::shared_ptr<rocksdb::Cache>& cache, std::size_t memtable_bytes,
                                            bool filter) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.block_size = kBlockBytes;
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.format_version = 5;
  table.checksum = rocksdb::kXXH3;
  if (filter) {
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    // In pieces: a table's whole filter outgrows a shard of the cache, and would be read anew by every look-up.
    table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
    table.partition_filters = true;
  }

  rocksdb::ColumnFamilyOptions options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.write_buffer_size = memtable_bytes;
  options.max_write_buffer_number = 3;
  options.level_compaction_dynamic_level_bytes = true;
  options.compression = rocksdb::kNoCompression;
  return options;
}

}  // namespace

rocksdb::DBOptions log_db_options() {
  rocksdb::DBOptions options;
  options.max_open_files = -1;  // What a reader beside the owner needs.
  options.max_background_jobs = 2;
  options.max_total_wal_size = 128 * kMiB;
  options.allow_concurrent_memtable_write = false;  // One writer: the committer.
  options.max_bgerror_resume_count = 0;             // A failed log is reopened, never resumed.
  options.info_log = std::make_shared<NoInfoLog>();
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  return options;
}

void spread_disk_work(rocksdb::DBOptions& options, const std::string& path) {
  options.bytes_per_sync = kTableSyncBytes;
  options.strict_bytes_per_sync = true;
  options.writable_file_max_buffer_size = kTableWriteBytes;
  options.rate_limiter = std::make_shared<EvenPace>(*options.env, kTableBytesPerSecond, kTableWriteBytes);
  options.sst_file_manager.reset(
      rocksdb::NewSstFileManager(options.env, spare_readers(options.env->GetFileSystem(), path), nullptr, "",
                                 kDeletedBytesPerSecond, true, nullptr, kDeletedRatioMax, kDeletedChunkBytes));
}

std::vector<rocksdb::ColumnFamilyDescriptor> log_families(const Clock* clock, Duration dedup_window) {
  const auto cache = rocksdb::NewLRUCache(kBlockCacheBytes);
  auto records = family_options(cache, kRecordsMemtableBytes, false);
  records.memtable_insert_with_hint_prefix_extractor.reset(rocksdb::NewFixedPrefixTransform(sizeof(std::uint32_t)));
  // Offsets only grow, so a table of one partition overlaps nothing below it and moves down without being rewritten;
  // the first level is small, because what has just been flushed is merged with all of it.
  records.sst_partitioner_factory = rocksdb::NewSstPartitionerFixedPrefixFactory(sizeof(std::uint32_t));
  records.level_compaction_dynamic_level_bytes = false;
  records.max_bytes_for_level_base = kRecordsMemtableBytes;
  auto dedup = family_options(cache, kSmallMemtableBytes, true);
  dedup.memtable_prefix_bloom_size_ratio = 0.1;
  dedup.memtable_whole_key_filtering = true;
  if (clock != nullptr) {
    dedup.compaction_filter_factory = std::make_shared<ExpiredDedupFilterFactory>(*clock, dedup_window);
  }
  const auto small = family_options(cache, kSmallMemtableBytes / 4, true);
  return {{rocksdb::kDefaultColumnFamilyName, small},
          {"records", records},
          {"dedup", dedup},
          {"deliveries", small},
          {"keyring", small}};
}

}  // namespace hookledger
