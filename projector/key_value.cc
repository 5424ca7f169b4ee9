#include "projector/key_value.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/table_properties_collectors.h>
#include <rocksdb/utilities/write_batch_with_index.h>
#include <rocksdb/write_buffer_manager.h>
#include <thread>

#include "projector/call_index.h"

namespace hookledger {
namespace {

constexpr std::size_t kMemtableBytes = 32 << 20;
constexpr std::size_t kBlockCacheBytes = 32 << 20;
constexpr std::size_t kSharedCacheBytes = 128 << 20, kSharedMemtableBytes = 64 << 20;
/// Writes from here on become a table of their own.
constexpr std::size_t kTableBytesMin = 4 << 20;
constexpr std::size_t kEntriesAhead = 8;
constexpr const char* kTableExtension = ".new";
constexpr int kOpenAttempts = 100;
constexpr std::chrono::milliseconds kOpenPause{10};

rocksdb::Slice slice(std::string_view text) { return {text.data(), text.size()}; }
std::string_view view(const rocksdb::Slice& text) { return {text.data(), text.size()}; }

/// The first eight bytes, big-endian, so that numbers compare as keys do.
std::uint64_t head_of(std::string_view key) {
  std::uint64_t head = 0;
  if (key.size() >= sizeof head) {
    std::memcpy(&head, key.data(), sizeof head);
  } else {
    std::memcpy(&head, key.data(), key.size());
  }
  return __builtin_bswap64(head);
}

/// Runs of keys with equal bytes go by the next eight, as numbers: comparing long keys that begin alike is dear.
constexpr std::size_t kRunMin = 32, kRunBytesMax = 256;

/// Sorts entries that are equal before `at`.
void sort_from(std::span<Writes::Entry> entries, std::size_t at) {
  for (Writes::Entry& entry : entries) entry.head = head_of(entry.key.substr(std::min(at, entry.key.size())));
  const bool by_key = entries.size() < kRunMin || at >= kRunBytesMax;
  std::ranges::sort(entries, [&](const Writes::Entry& a, const Writes::Entry& b) {
    return a.head != b.head || !by_key ? a.head < b.head : a.key < b.key;
  });
  if (by_key) return;
  while (!entries.empty()) {
    const auto end = std::ranges::find_if(entries, [&](const auto& each) { return each.head != entries.front().head; });
    const auto run = entries.first(static_cast<std::size_t>(end - entries.begin()));
    if (run.size() > 1) sort_from(run, at + sizeof run.front().head);
    entries = entries.subspan(run.size());
  }
}

Error error_of(const rocksdb::Status& status) {
  const std::string what = "projection store: " + status.ToString();
  if (status.IsCorruption()) return {ErrorCode::kCorruption, what + ": run hookledger rebuild with the server stopped"};
  return {ErrorCode::kUnavailable, what};
}

/// Filters hold calls only: nothing else is looked up by its whole key.
class CallKeys : public rocksdb::SliceTransform {
 public:
  const char* Name() const override { return "hookledger.calls"; }
  bool InDomain(const rocksdb::Slice& key) const override { return state_key::is_call(view(key)); }
  rocksdb::Slice Transform(const rocksdb::Slice& key) const override { return key; }
};

/// A reader beside a running owner must leave no files in its folder.
class NoLog : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

/// `cache`: null for one of its own.
rocksdb::Options make_options(std::shared_ptr<rocksdb::Cache> cache = {}) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache ? std::move(cache) : rocksdb::NewLRUCache(kBlockCacheBytes);
  table.block_size = 8 << 10;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.whole_key_filtering = false;
  // What a store needs to find its way counts as cache, so that memory stays bounded as it grows.
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.partition_filters = true;
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.format_version = 5;

  rocksdb::Options options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.prefix_extractor = std::make_shared<CallKeys>();
  options.create_if_missing = true;
  options.compression = rocksdb::kNoCompression;
  options.write_buffer_size = kMemtableBytes;
  options.max_write_buffer_number = 2;
  options.max_background_jobs = 2;
  options.avoid_flush_during_shutdown = true;
  // Deadlines and states come and go at one end of their index; scans must not wade through what is gone.
  options.table_properties_collector_factories.push_back(rocksdb::NewCompactOnDeletionCollectorFactory(16'384, 8'192));
  options.info_log = std::make_shared<NoLog>();
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  return options;
}

rocksdb::ReadOptions scan_options() {
  rocksdb::ReadOptions options;
  options.total_order_seek = true;
  return options;
}

class IteratorScan : public KeyValue::Scan {
 public:
  IteratorScan(std::unique_ptr<rocksdb::Iterator> iterator, std::string_view first, std::string last)
      : iterator_(std::move(iterator)), last_(std::move(last)) {
    seek(first);
  }

  Result<bool> next() override {
    if (fresh_) {
      fresh_ = false;
    } else {
      iterator_->Next();
    }
    if (iterator_->Valid() && key() < last_) return true;
    if (!iterator_->status().ok()) return error_of(iterator_->status());
    return false;
  }

  void seek(std::string_view key) override {
    iterator_->Seek(slice(key));
    fresh_ = true;
  }

  std::string_view key() const override { return view(iterator_->key()); }
  std::string_view value() const override { return view(iterator_->value()); }

 private:
  std::unique_ptr<rocksdb::Iterator> iterator_;
  std::string last_;
  bool fresh_ = true;
};

Result<bool> found(const rocksdb::Status& status) {
  if (status.ok()) return true;
  if (status.IsNotFound()) return false;
  return error_of(status);
}

class LiveKeyValue : public KeyValue {
 public:
  LiveKeyValue(std::unique_ptr<rocksdb::DB> db, bool journaled) : db_(std::move(db)), journaled_(journaled) {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(db_->GetName(), ignored)) {
      if (entry.path().extension() == kTableExtension) std::filesystem::remove(entry.path(), ignored);
    }
  }

  Result<bool> get(std::string_view key, std::string& value) const override {
    return found(db_->Get(rocksdb::ReadOptions(), slice(key), &value));
  }

  std::unique_ptr<Scan> scan(std::string_view first, std::string_view last) const override {
    return std::make_unique<IteratorScan>(std::unique_ptr<rocksdb::Iterator>(db_->NewIterator(scan_options())), first,
                                          std::string(last));
  }

  Result<void> write(Writes& writes) override {
    const auto work = [&] { return writes.bytes() < kTableBytesMin ? write_batch(writes) : write_table(writes); };
    rocksdb::Status status = work();
    // RocksDB refuses writes after a failed flush until told to go on; what it holds in memory is intact.
    if (!status.ok() && db_->Resume().ok()) status = work();
    if (!status.ok()) return error_of(status);
    return {};
  }

  Result<void> flush() override {
    const rocksdb::Status status = db_->Flush(rocksdb::FlushOptions());
    if (!status.ok()) return error_of(status);
    return {};
  }

 private:
  rocksdb::Status write_batch(Writes& writes) {
    rocksdb::WriteBatch batch(writes.bytes() + 64);
    for (const Writes::Entry& entry : writes.sorted()) {
      const rocksdb::Status status =
          entry.erased ? batch.Delete(slice(entry.key)) : batch.Put(slice(entry.key), slice(entry.value));
      if (!status.ok()) return status;
    }
    rocksdb::WriteOptions options;
    options.disableWAL = !journaled_;
    return db_->Write(options, &batch);
  }

  /// Much at once becomes a table of its own: no memory table, no flush. What is in memory goes to disk before.
  rocksdb::Status write_table(Writes& writes) {
    const std::string path = db_->GetName() + "/" + std::to_string(tables_++) + kTableExtension;
    rocksdb::SstFileWriter table(rocksdb::EnvOptions(), db_->GetOptions());
    rocksdb::Status status = table.Open(path);
    const std::vector<Writes::Entry>& entries = writes.sorted();
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (!status.ok()) return status;
      // In order of key the bytes lie all over the memory of a large batch.
      if (i + kEntriesAhead < entries.size()) __builtin_prefetch(entries[i + kEntriesAhead].key.data());
      const Writes::Entry& entry = entries[i];
      status = entry.erased ? table.Delete(slice(entry.key)) : table.Put(slice(entry.key), slice(entry.value));
    }
    if (status.ok()) status = table.Finish();
    if (!status.ok()) return status;
    rocksdb::IngestExternalFileOptions options;
    options.move_files = true;
    options.write_global_seqno = false;
    return db_->IngestExternalFile({path}, options);
  }

  std::unique_ptr<rocksdb::DB> db_;
  const bool journaled_;
  std::atomic<std::uint64_t> tables_ = 0;
};

class OverlaidKeyValue : public KeyValue {
 public:
  /// `base` may be null: empty.
  explicit OverlaidKeyValue(std::unique_ptr<rocksdb::DB> base)
      : base_(std::move(base)), overlay_(rocksdb::BytewiseComparator(), 0, true) {}

  Result<bool> get(std::string_view key, std::string& value) const override {
    if (!base_) return found(overlay_.GetFromBatch(rocksdb::DBOptions(), slice(key), &value));
    return found(overlay_.GetFromBatchAndDB(base_.get(), rocksdb::ReadOptions(), slice(key), &value));
  }

  std::unique_ptr<Scan> scan(std::string_view first, std::string_view last) const override {
    rocksdb::Iterator* base = base_ ? base_->NewIterator(scan_options()) : rocksdb::NewEmptyIterator();
    return std::make_unique<IteratorScan>(std::unique_ptr<rocksdb::Iterator>(overlay_.NewIteratorWithBase(base)), first,
                                          std::string(last));
  }

  Result<void> write(Writes& writes) override {
    for (const Writes::Entry& entry : writes.sorted()) {
      const rocksdb::Status status =
          entry.erased ? overlay_.Delete(slice(entry.key)) : overlay_.Put(slice(entry.key), slice(entry.value));
      if (!status.ok()) return error_of(status);
    }
    return {};
  }

  Result<void> flush() override { return {}; }

 private:
  std::unique_ptr<rocksdb::DB> base_;
  mutable rocksdb::WriteBatchWithIndex overlay_;
};

}  // namespace

struct KeyValueMemory {
  std::shared_ptr<rocksdb::Cache> cache;
  std::shared_ptr<rocksdb::WriteBufferManager> writes;
};

std::shared_ptr<const KeyValueMemory> make_key_value_memory() {
  // What is written counts as cached, so the cache bounds all of it.
  const auto cache = rocksdb::NewLRUCache(kSharedCacheBytes);
  return std::make_shared<const KeyValueMemory>(
      KeyValueMemory{cache, std::make_shared<rocksdb::WriteBufferManager>(kSharedMemtableBytes, cache)});
}

void Writes::clear() {
  bytes_.clear();
  parts_.clear();
  sorted_.clear();
}

void Writes::add(std::string_view key, std::string_view value, bool erased) {
  parts_.push_back(
      {bytes_.size(), static_cast<std::uint32_t>(key.size()), static_cast<std::uint32_t>(value.size()), erased});
  bytes_.append(key).append(value);
}

const std::vector<Writes::Entry>& Writes::sorted() {
  sorted_.clear();
  sorted_.reserve(parts_.size());
  const std::string_view all = bytes_;
  for (const Part& part : parts_) {
    const std::string_view key = all.substr(part.at, part.key_size);
    sorted_.push_back({0, key, all.substr(part.at + part.key_size, part.value_size), part.erased});
  }
  sort_from(sorted_, 0);
  return sorted_;
}

Result<std::unique_ptr<KeyValue>> open_key_value(const std::string& folder, KeyValueUse use,
                                                 const std::shared_ptr<const KeyValueMemory>& memory) {
  rocksdb::DB* db = nullptr;
  rocksdb::Options options = make_options(memory ? memory->cache : nullptr);
  if (memory) options.write_buffer_manager = memory->writes;
  options.disable_auto_compactions = use == KeyValueUse::kBulk;
  const rocksdb::Status status = rocksdb::DB::Open(options, folder, &db);
  if (!status.ok()) return error_of(status);
  return std::unique_ptr<KeyValue>(
      std::make_unique<LiveKeyValue>(std::unique_ptr<rocksdb::DB>(db), use == KeyValueUse::kJournaled));
}

Result<std::unique_ptr<KeyValue>> open_key_value_overlay(const std::string& folder) {
  if (folder.empty()) return std::unique_ptr<KeyValue>(std::make_unique<OverlaidKeyValue>(nullptr));
  const Error absent{ErrorCode::kNotFound, "no projection in " + folder};
  rocksdb::Options options = make_options();
  options.create_if_missing = false;
  options.max_open_files = -1;  // Holds every file, so that the owner may remove it.
  rocksdb::Status status;
  // Files may go between reading their list and opening them; then a newer list is there.
  for (int attempt = 0; attempt < kOpenAttempts; ++attempt) {
    std::error_code ignored;
    if (!std::filesystem::exists(folder + "/CURRENT", ignored)) return absent;
    rocksdb::DB* db = nullptr;
    status = rocksdb::DB::OpenForReadOnly(options, folder, &db);
    if (status.ok()) {
      return std::unique_ptr<KeyValue>(std::make_unique<OverlaidKeyValue>(std::unique_ptr<rocksdb::DB>(db)));
    }
    std::this_thread::sleep_for(kOpenPause);
  }
  return error_of(status);
}

}  // namespace hookledger
