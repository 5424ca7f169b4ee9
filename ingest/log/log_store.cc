#include "ingest/log/log_store.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <rocksdb/db.h>
#include <shared_mutex>
#include <unistd.h>

#include "ingest/log/log_errors.h"
#include "ingest/log/log_keys.h"
#include "ingest/log/log_options.h"
#include "ingest/log/table_check.h"

namespace hookledger {
namespace {

constexpr std::uint32_t kDefaultPartitions = 8;
constexpr std::size_t kScanReadaheadBytes = 1024 * 1024;
constexpr std::size_t kProbeBytes = 1024 * 1024;
constexpr int kAttempts = 10;  // Of a reader, beside an owner that goes on writing.

}  // namespace

class LogStore::State {
 public:
  enum class Mode { kOwner, kReadOnly, kSecondary };

  State(LogStoreOptions options, const Clock* clock)
      : listener(std::make_shared<BackgroundErrorListener>(options.path)),
        options_(std::move(options)),
        clock_(clock) {}
  ~State() {
    close();
    if (!secondary_path_.empty()) {
      std::error_code ignored;
      std::filesystem::remove_all(secondary_path_, ignored);
    }
  }

  rocksdb::Status open(Mode mode) {
    rocksdb::DBOptions options = log_db_options();
    if (options_.env != nullptr) options.env = options_.env;
    options.create_if_missing = options.create_missing_column_families = mode == Mode::kOwner;
    if (mode == Mode::kOwner) options.listeners.push_back(listener);
    const auto families = log_families(mode == Mode::kOwner ? clock_ : nullptr, options_.dedup_window);
    rocksdb::DB* raw = nullptr;
    rocksdb::Status status;
    switch (mode) {
      case Mode::kOwner: status = rocksdb::DB::Open(options, options_.path, families, &handles, &raw); break;
      case Mode::kReadOnly:
        status = rocksdb::DB::OpenForReadOnly(options, options_.path, families, &handles, &raw);
        break;
      case Mode::kSecondary: {
        if (secondary_path_.empty()) {
          std::string path = (std::filesystem::temp_directory_path() / "hookledger-reader-XXXXXX").string();
          if (mkdtemp(path.data()) == nullptr) return rocksdb::Status::IOError("no temporary folder", path);
          secondary_path_ = path;
        }
        status = check_tables(options, options_.path, families, secondary_path_);
        if (!status.ok()) break;
        status = rocksdb::DB::OpenAsSecondary(options, options_.path, secondary_path_, families, &handles, &raw);
        break;
      }
    }
    db.reset(raw);
    if (!status.ok()) handles.clear();
    return status;
  }

  /// As a secondary, sees all that the owner has written. It reads first which tables there are, then the write-ahead
  /// logs. One that is moved into tables and removed in between would leave a hole, so it looks again.
  rocksdb::Status catch_up() {
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      const std::string before = manifest_state();
      if (const auto status = db->TryCatchUpWithPrimary(); !status.ok()) return status;
      if (manifest_state() == before) return rocksdb::Status::OK();
    }
    return rocksdb::Status::TryAgain("the owner moves too much");
  }

  void close() {
    for (auto* handle : handles) db->DestroyColumnFamilyHandle(handle);
    handles.clear();
    if (db) db->Close().PermitUncheckedError();
    db.reset();
  }

  /// Reads or, for a new log, writes the format and the number of partitions.
  Result<void> read_format(bool may_create) {
    std::string value;
    rocksdb::Status status = get(kMetaFamily, kFormatKey, &value);
    if (status.IsNotFound() && may_create) return create_format();
    if (status.IsNotFound()) return Error{ErrorCode::kNotFound, "no log in " + options_.path};
    if (!status.ok()) return error(status);
    if (Decoder(value).fixed<std::uint32_t>() != kLogFormat) {
      return Error{ErrorCode::kCorruption,
                   "log " + options_.path + " has another format: use the hookledger that wrote it, and export"};
    }
    if (status = get(kMetaFamily, kPartitionsKey, &value); !status.ok()) return error(status);
    partitions = Decoder(value).fixed<std::uint32_t>();
    if (partitions == 0) return Error{ErrorCode::kCorruption, "log " + options_.path + " has no partitions"};
    if (options_.partitions != 0 && options_.partitions != partitions) {
      return Error{ErrorCode::kUsage,
                   "the log has " + std::to_string(partitions) +
                       " partitions, fixed when it was created: leave --partitions out, or use another --data-dir"};
    }
    return {};
  }

  rocksdb::Status get(LogFamily family, std::string_view key, std::string* value) const {
    if (!db) return rocksdb::Status::IOError("the log is closed after an error");
    return db->Get(rocksdb::ReadOptions(), handles[family], rocksdb::Slice(key.data(), key.size()), value);
  }

  /// An id always means the same key, so that each is made ready once.
  std::optional<Ed25519Key> find_key(std::string_view key_id) const {
    const std::lock_guard ready(keys_mutex_);
    if (const auto known = keys_.find(key_id); known != keys_.end()) return known->second;
    const std::shared_lock lock(mutex);
    std::string value;
    Ed25519PublicKey bytes;
    if (!get(kKeyringFamily, key_id, &value).ok() || value.size() != bytes.size()) return std::nullopt;
    std::copy(value.begin(), value.end(), bytes.begin());
    return keys_.emplace(key_id, bytes).first->second;
  }

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
  std::string manifest_state() const {
    const std::filesystem::path folder = options_.path;
    std::string name;
    std::getline(std::ifstream(folder / "CURRENT"), name);
    std::error_code ignored;
    return name + " " + std::to_string(std::filesystem::file_size(folder / name, ignored));
  }

  Result<void> create_format() {
    partitions = options_.partitions != 0 ? options_.partitions : kDefaultPartitions;
    rocksdb::WriteBatch batch;
    batch.Put(handles[kMetaFamily], rocksdb::Slice(kFormatKey.data(), kFormatKey.size()), fixed_value(kLogFormat));
    batch.Put(handles[kMetaFamily], rocksdb::Slice(kPartitionsKey.data(), kPartitionsKey.size()),
              fixed_value(partitions));
    rocksdb::WriteOptions synced;
    synced.sync = true;
    if (const auto status = db->Write(synced, &batch); !status.ok()) return error(status);
    return {};
  }

  LogStoreOptions options_;
  const Clock* clock_;
  std::string secondary_path_;
  mutable std::mutex keys_mutex_;  ///< Taken before `mutex`.
  mutable std::map<std::string, Ed25519Key, std::less<>> keys_;
};

namespace {

class Cursor : public LogCursor {
 public:
  Cursor(std::shared_lock<std::shared_mutex> lock, std::unique_ptr<rocksdb::Iterator> iterator, std::uint32_t partition,
         std::uint64_t from, std::string path)
      : lock_(std::move(lock)), iterator_(std::move(iterator)), partition_(partition), path_(std::move(path)) {
    if (iterator_) iterator_->Seek(place_key({partition, from}));
  }

  Result<bool> next() override {
    if (!iterator_) return Error{ErrorCode::kUnavailable, "log " + path_ + " is closed after an error"};
    if (started_ && iterator_->Valid()) iterator_->Next();  // Asked again, the end stays the end.
    started_ = true;
    if (!iterator_->Valid()) {
      if (!iterator_->status().ok()) return to_error(iterator_->status(), path_);
      return false;
    }
    place_ = key_place(iterator_->key().ToStringView());
    return place_.partition == partition_;
  }
  Place place() const override { return place_; }
  std::string_view bytes() const override { return iterator_->value().ToStringView(); }

 private:
  std::shared_lock<std::shared_mutex> lock_;  // Released last.
  std::unique_ptr<rocksdb::Iterator> iterator_;
  const std::uint32_t partition_;
  const std::string path_;
  bool started_ = false;
  Place place_;
};

}  // namespace

LogStore::LogStore(std::unique_ptr<State> state) : state_(std::move(state)) {}
LogStore::~LogStore() = default;

Result<std::unique_ptr<LogStore>> LogStore::open(const LogStoreOptions& options, const Clock& clock) {
  auto state = std::make_unique<State>(options, &clock);
  if (const auto status = state->open(State::Mode::kOwner); !status.ok()) return state->error(status);
  if (auto format = state->read_format(true); !format) return format.error();
  return std::unique_ptr<LogStore>(new LogStore(std::move(state)));
}

Result<std::unique_ptr<LogStore>> LogStore::open_reader(const std::string& path) {
  if (!std::filesystem::exists(std::filesystem::path(path) / "CURRENT")) {
    return Error{ErrorCode::kNotFound, "no log in " + path + ": check --data-dir"};
  }
  // The owner may remove a file between our reading its name and opening it.
  for (int attempt = 1;; ++attempt) {
    auto state = std::make_unique<State>(LogStoreOptions{.path = path}, nullptr);
    rocksdb::Status status = state->open(State::Mode::kSecondary);
    if (status.ok()) status = state->catch_up();
    if (status.ok()) {
      if (auto format = state->read_format(false); !format) return format.error();
      return std::unique_ptr<LogStore>(new LogStore(std::move(state)));
    }
    if (attempt == kAttempts) return state->error(status);
  }
}

std::uint32_t LogStore::partitions() const { return state_->partitions; }

Result<std::optional<LogStore::DedupEntry>> LogStore::find(std::string_view dedup_key, Time now) const {
  const std::shared_lock lock(state_->mutex);
  std::string value;
  const auto status = state_->get(kDedupFamily, dedup_key, &value);
  if (status.IsNotFound()) return std::optional<DedupEntry>();
  if (!status.ok()) return state_->error(status);
  const auto entry = decode_dedup(value);
  if (!entry) return Error{ErrorCode::kCorruption, "log " + state_->path() + " has a damaged dedup entry"};
  if (entry->appended_at < now - state_->dedup_window()) return std::optional<DedupEntry>();
  return std::optional(DedupEntry{entry->place, entry->appended_at});
}

std::uint32_t LogStore::deliveries(Place place) const {
  const std::shared_lock lock(state_->mutex);
  std::string value;
  if (!state_->get(kDeliveriesFamily, place_key(place), &value).ok()) return 1;
  return std::max<std::uint32_t>(1, Decoder(value).fixed<std::uint32_t>());
}

Result<void> LogStore::write(const Commit& commit) {
  const std::shared_lock lock(state_->mutex);
  if (!state_->db) return state_->error(rocksdb::Status::IOError("the log is closed after an error"));
  rocksdb::WriteBatch batch;
  for (const NewRecord& record : commit.records) {
    batch.Put(state_->handles[kRecordsFamily], place_key(record.place),
              rocksdb::Slice(record.record.data(), record.record.size()));
    batch.Put(state_->handles[kDedupFamily], rocksdb::Slice(record.dedup_key.data(), record.dedup_key.size()),
              encode_dedup({record.place, commit.appended_at}));
  }
  for (const auto& [place, count] : commit.deliveries) {
    batch.Put(state_->handles[kDeliveriesFamily], place_key(place), fixed_value(count));
  }
  rocksdb::WriteOptions options;
  options.sync = !commit.records.empty();
  if (const auto status = state_->db->Write(options, &batch); !status.ok()) return state_->error(status);
  return {};
}

Result<void> LogStore::put_key(std::string_view key_id, const Ed25519PublicKey& key) {
  const std::shared_lock lock(state_->mutex);
  if (!state_->db) return state_->error(rocksdb::Status::IOError("the log is closed after an error"));
  rocksdb::WriteOptions options;
  options.sync = true;
  const auto status =
      state_->db->Put(options, state_->handles[kKeyringFamily], rocksdb::Slice(key_id.data(), key_id.size()),
                      rocksdb::Slice(reinterpret_cast<const char*>(key.data()), key.size()));
  if (!status.ok()) return state_->error(status);
  return {};
}

std::optional<Ed25519Key> LogStore::find_key(std::string_view key_id) const { return state_->find_key(key_id); }

Result<void> LogStore::remove(std::uint32_t partition, std::span<const OffsetRange> ranges, std::uint64_t next) {
  const std::shared_lock lock(state_->mutex);
  if (!state_->db) return state_->error(rocksdb::Status::IOError("the log is closed after an error"));
  rocksdb::WriteBatch batch;
  for (const OffsetRange& range : ranges) {
    batch.DeleteRange(state_->handles[kDeliveriesFamily], place_key({partition, range.first}),
                      place_key({partition, range.last}));
    // Not as a range: RocksDB 7.8 mixes up its insertion hints (log_options.cc) when a range is deleted.
    for (std::uint64_t offset = range.first; offset < range.last; ++offset) {
      batch.Delete(state_->handles[kRecordsFamily], place_key({partition, offset}));
    }
  }
  batch.Put(state_->handles[kMetaFamily], next_key(partition), fixed_value(next));
  rocksdb::WriteOptions options;
  options.sync = true;
  if (const auto status = state_->db->Write(options, &batch); !status.ok()) return state_->error(status);
  return {};
}

std::uint64_t LogStore::first(std::uint32_t partition, std::uint64_t none) const {
  const auto cursor = scan(partition, 0);
  const auto found = cursor->next();
  return found && *found ? cursor->place().offset : none;
}

Result<std::vector<std::uint64_t>> LogStore::next_offsets() const {
  const std::shared_lock lock(state_->mutex);
  std::vector<std::uint64_t> offsets;
  for (std::uint32_t partition = 0; partition < state_->partitions; ++partition) {
    std::string value;
    const auto status = state_->get(kMetaFamily, next_key(partition), &value);
    if (!status.ok() && !status.IsNotFound()) return state_->error(status);
    offsets.push_back(status.ok() ? Decoder(value).fixed<std::uint64_t>() : 0);
    const std::unique_ptr<rocksdb::Iterator> iterator(
        state_->db->NewIterator(rocksdb::ReadOptions(), state_->handles[kRecordsFamily]));
    iterator->SeekForPrev(place_key({partition, UINT64_MAX}));
    if (!iterator->status().ok()) return state_->error(iterator->status());
    if (!iterator->Valid()) continue;
    const Place last = key_place(iterator->key().ToStringView());
    if (last.partition == partition) offsets.back() = std::max(offsets.back(), last.offset + 1);
  }
  return offsets;
}

Result<StoredRecord> LogStore::read(Place place) const {
  StoredRecord record{place, {}, 1};
  {
    const std::shared_lock lock(state_->mutex);
    const auto status = state_->get(kRecordsFamily, place_key(place), &record.bytes);
    if (status.IsNotFound()) {
      return Error{ErrorCode::kNotFound,
                   "no record at " + std::to_string(place.partition) + "/" + std::to_string(place.offset)};
    }
    if (!status.ok()) return state_->error(status);
  }
  record.deliveries = deliveries(place);
  return record;
}

std::unique_ptr<LogCursor> LogStore::scan(std::uint32_t partition, std::uint64_t from) const {
  std::shared_lock lock(state_->mutex);
  rocksdb::ReadOptions options;
  options.readahead_size = kScanReadaheadBytes;
  options.fill_cache = false;
  options.async_io = false;
  std::unique_ptr<rocksdb::Iterator> iterator;
  if (state_->db) iterator.reset(state_->db->NewIterator(options, state_->handles[kRecordsFamily]));
  return std::make_unique<Cursor>(std::move(lock), std::move(iterator), partition, from, state_->path());
}

std::uint64_t LogStore::bytes_on_disk() const {
  std::uint64_t bytes = 0;
  std::error_code ignored;
  for (std::filesystem::directory_iterator file(state_->path(), ignored), end; file != end; file.increment(ignored)) {
    if (file->is_regular_file(ignored)) bytes += file->file_size(ignored);
  }
  return bytes;
}

std::uint64_t LogStore::records() const {
  const std::shared_lock lock(state_->mutex);
  std::uint64_t records = 0;
  if (state_->db)
    state_->db->GetIntProperty(state_->handles[kRecordsFamily], rocksdb::DB::Properties::kEstimateNumKeys, &records);
  return records;
}

Result<void> LogStore::flush() {
  const std::shared_lock lock(state_->mutex);
  if (!state_->db) return {};
  if (const auto status = state_->db->Flush(rocksdb::FlushOptions(), state_->handles); !status.ok())
    return state_->error(status);
  return {};
}

void LogStore::on_background_error(std::function<void(std::string)> notify) {
  state_->listener->set(std::move(notify));
}

Result<void> LogStore::probe() const {
  rocksdb::Env& env = state_->env();
  const std::string path = state_->path() + "/PROBE";
  std::unique_ptr<rocksdb::WritableFile> file;
  rocksdb::Status status = env.NewWritableFile(path, &file, rocksdb::EnvOptions());
  if (status.ok()) status = file->Append(std::string(kProbeBytes, 'p'));
  if (status.ok()) status = file->Fsync();
  if (file) file->Close().PermitUncheckedError();
  env.DeleteFile(path).PermitUncheckedError();
  if (!status.ok()) return state_->error(status);
  return {};
}

Result<void> LogStore::reopen() {
  const std::unique_lock lock(state_->mutex);
  state_->close();
  const auto status = state_->open(State::Mode::kOwner);
  if (status.ok()) return {};
  state_->open(State::Mode::kReadOnly).PermitUncheckedError();
  return state_->error(status);
}

}  // namespace hookledger
