#include "ingest/log/log_store.h"

#include <filesystem>
#include <mutex>
#include <rocksdb/db.h>
#include <shared_mutex>

#include "ingest/log/log_database.h"
#include "ingest/log/log_errors.h"
#include "ingest/log/log_keys.h"

namespace hookledger {
namespace {

constexpr std::size_t kScanReadaheadBytes = 1024 * 1024;
constexpr std::size_t kProbeBytes = 1024 * 1024;
constexpr int kOpenAttempts = 10;  // Of a reader, beside an owner that goes on writing.

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

LogStore::LogStore(std::unique_ptr<LogDatabase> database) : database_(std::move(database)) {}
LogStore::~LogStore() = default;

Result<std::unique_ptr<LogStore>> LogStore::open(const LogStoreOptions& options, const Clock& clock) {
  auto database = std::make_unique<LogDatabase>(options, &clock);
  if (const auto status = database->open(LogDatabase::Mode::kOwner); !status.ok()) return database->error(status);
  if (auto format = database->read_format(true); !format) return format.error();
  return std::unique_ptr<LogStore>(new LogStore(std::move(database)));
}

Result<std::unique_ptr<LogStore>> LogStore::open_reader(const std::string& path) {
  if (!std::filesystem::exists(std::filesystem::path(path) / "CURRENT")) {
    return Error{ErrorCode::kNotFound, "no log in " + path + ": check --data-dir"};
  }
  // The owner may remove a file between our reading its name and opening it.
  for (int attempt = 1;; ++attempt) {
    auto database = std::make_unique<LogDatabase>(LogStoreOptions{.path = path}, nullptr);
    rocksdb::Status status = database->open(LogDatabase::Mode::kSecondary);
    if (status.ok()) status = database->catch_up();
    if (status.ok()) {
      if (auto format = database->read_format(false); !format) return format.error();
      return std::unique_ptr<LogStore>(new LogStore(std::move(database)));
    }
    if (attempt == kOpenAttempts) return database->error(status);
  }
}

std::uint32_t LogStore::partitions() const { return database_->partitions; }

Result<std::optional<LogStore::DedupEntry>> LogStore::find(std::string_view dedup_key, Time now) const {
  const std::shared_lock lock(database_->mutex);
  std::string value;
  const auto status = database_->get(kDedupFamily, dedup_key, &value);
  if (status.IsNotFound()) return std::optional<DedupEntry>();
  if (!status.ok()) return database_->error(status);
  const auto entry = decode_dedup(value);
  if (!entry) return Error{ErrorCode::kCorruption, "log " + database_->path() + " has a damaged dedup entry"};
  if (entry->appended_at < now - database_->dedup_window()) return std::optional<DedupEntry>();
  return std::optional(DedupEntry{entry->place, entry->appended_at});
}

std::uint32_t LogStore::deliveries(Place place) const {
  const std::shared_lock lock(database_->mutex);
  std::string value;
  if (!database_->get(kDeliveriesFamily, place_key(place), &value).ok()) return 1;
  return std::max<std::uint32_t>(1, Decoder(value).fixed<std::uint32_t>());
}

Result<void> LogStore::write(const Commit& commit) {
  const std::shared_lock lock(database_->mutex);
  if (!database_->db) return database_->error(rocksdb::Status::IOError("the log is closed after an error"));
  rocksdb::WriteBatch batch;
  for (const NewRecord& record : commit.records) {
    batch.Put(database_->handles[kRecordsFamily], place_key(record.place),
              rocksdb::Slice(record.record.data(), record.record.size()));
    batch.Put(database_->handles[kDedupFamily], rocksdb::Slice(record.dedup_key.data(), record.dedup_key.size()),
              encode_dedup({record.place, commit.appended_at}));
  }
  for (const auto& [place, count] : commit.deliveries) {
    batch.Put(database_->handles[kDeliveriesFamily], place_key(place), fixed_value(count));
  }
  rocksdb::WriteOptions options;
  options.sync = !commit.records.empty();
  if (const auto status = database_->db->Write(options, &batch); !status.ok()) return database_->error(status);
  return {};
}

Result<void> LogStore::write(const Index& index) {
  const std::shared_lock lock(database_->mutex);
  if (!database_->db) return database_->error(rocksdb::Status::IOError("the log is closed after an error"));
  rocksdb::WriteBatch batch;
  for (const Index::Entry& entry : index.entries) {
    batch.Put(database_->handles[kDedupFamily], entry.dedup_key,
              encode_dedup({entry.value.place, entry.value.appended_at}));
  }
  for (const auto& [place, count] : index.deliveries) {
    batch.Put(database_->handles[kDeliveriesFamily], place_key(place), fixed_value(count));
  }
  for (const Place& place : index.followed) {
    batch.Put(database_->handles[kMetaFamily], followed_key(place.partition), fixed_value(place.offset));
  }
  if (const auto status = database_->db->Write(rocksdb::WriteOptions(), &batch); !status.ok())
    return database_->error(status);
  return {};
}

Result<std::string> LogStore::origin() const {
  const std::shared_lock lock(database_->mutex);
  std::string value;
  const auto status = database_->get(kMetaFamily, kOriginKey, &value);
  if (!status.ok() && !status.IsNotFound()) return database_->error(status);
  return value;
}

Result<void> LogStore::set_origin(std::string_view origin) {
  const std::shared_lock lock(database_->mutex);
  if (!database_->db) return database_->error(rocksdb::Status::IOError("the log is closed after an error"));
  rocksdb::WriteOptions options;
  options.sync = true;
  const auto status =
      database_->db->Put(options, database_->handles[kMetaFamily], rocksdb::Slice(kOriginKey.data(), kOriginKey.size()),
                         rocksdb::Slice(origin.data(), origin.size()));
  if (!status.ok()) return database_->error(status);
  return {};
}

Result<std::uint64_t> LogStore::followed(std::uint32_t partition) const {
  const std::shared_lock lock(database_->mutex);
  std::string value;
  const auto status = database_->get(kMetaFamily, followed_key(partition), &value);
  if (status.IsNotFound()) return 0;
  if (!status.ok()) return database_->error(status);
  return Decoder(value).fixed<std::uint64_t>();
}

Result<void> LogStore::put_key(std::string_view key_id, const Ed25519PublicKey& key) {
  const std::shared_lock lock(database_->mutex);
  if (!database_->db) return database_->error(rocksdb::Status::IOError("the log is closed after an error"));
  rocksdb::WriteOptions options;
  options.sync = true;
  const auto status =
      database_->db->Put(options, database_->handles[kKeyringFamily], rocksdb::Slice(key_id.data(), key_id.size()),
                         rocksdb::Slice(reinterpret_cast<const char*>(key.data()), key.size()));
  if (!status.ok()) return database_->error(status);
  return {};
}

std::optional<Ed25519Key> LogStore::find_key(std::string_view key_id) const { return database_->find_key(key_id); }

Result<void> LogStore::remove(std::uint32_t partition, std::span<const OffsetRange> ranges, std::uint64_t next) {
  const std::shared_lock lock(database_->mutex);
  if (!database_->db) return database_->error(rocksdb::Status::IOError("the log is closed after an error"));
  rocksdb::WriteBatch batch;
  for (const OffsetRange& range : ranges) {
    batch.DeleteRange(database_->handles[kDeliveriesFamily], place_key({partition, range.first}),
                      place_key({partition, range.last}));
    // Not as a range: RocksDB 7.8 mixes up its insertion hints (log_options.cc) when a range is deleted.
    for (std::uint64_t offset = range.first; offset < range.last; ++offset) {
      batch.Delete(database_->handles[kRecordsFamily], place_key({partition, offset}));
    }
  }
  batch.Put(database_->handles[kMetaFamily], next_key(partition), fixed_value(next));
  rocksdb::WriteOptions options;
  options.sync = true;
  if (const auto status = database_->db->Write(options, &batch); !status.ok()) return database_->error(status);
  return {};
}

std::uint64_t LogStore::first(std::uint32_t partition, std::uint64_t none) const {
  const auto cursor = scan(partition, 0);
  const auto found = cursor->next();
  return found && *found ? cursor->place().offset : none;
}

Result<std::vector<std::uint64_t>> LogStore::next_offsets() const {
  const std::shared_lock lock(database_->mutex);
  std::vector<std::uint64_t> offsets;
  for (std::uint32_t partition = 0; partition < database_->partitions; ++partition) {
    std::string value;
    const auto status = database_->get(kMetaFamily, next_key(partition), &value);
    if (!status.ok() && !status.IsNotFound()) return database_->error(status);
    offsets.push_back(status.ok() ? Decoder(value).fixed<std::uint64_t>() : 0);
    const std::unique_ptr<rocksdb::Iterator> iterator(
        database_->db->NewIterator(rocksdb::ReadOptions(), database_->handles[kRecordsFamily]));
    iterator->SeekForPrev(place_key({partition, UINT64_MAX}));
    if (!iterator->status().ok()) return database_->error(iterator->status());
    if (!iterator->Valid()) continue;
    const Place last = key_place(iterator->key().ToStringView());
    if (last.partition == partition) offsets.back() = std::max(offsets.back(), last.offset + 1);
  }
  return offsets;
}

Result<StoredRecord> LogStore::read(Place place) const {
  StoredRecord record{place, {}, 1};
  {
    const std::shared_lock lock(database_->mutex);
    const auto status = database_->get(kRecordsFamily, place_key(place), &record.bytes);
    if (status.IsNotFound()) {
      return Error{ErrorCode::kNotFound,
                   "no record at " + std::to_string(place.partition) + "/" + std::to_string(place.offset)};
    }
    if (!status.ok()) return database_->error(status);
  }
  record.deliveries = deliveries(place);
  return record;
}

std::unique_ptr<LogCursor> LogStore::scan(std::uint32_t partition, std::uint64_t from) const {
  std::shared_lock lock(database_->mutex);
  rocksdb::ReadOptions options;
  options.readahead_size = kScanReadaheadBytes;
  options.fill_cache = false;
  options.async_io = false;
  std::unique_ptr<rocksdb::Iterator> iterator;
  if (database_->db) iterator.reset(database_->db->NewIterator(options, database_->handles[kRecordsFamily]));
  return std::make_unique<Cursor>(std::move(lock), std::move(iterator), partition, from, database_->path());
}

std::uint64_t LogStore::bytes_on_disk() const {
  std::uint64_t bytes = 0;
  std::error_code ignored;
  for (std::filesystem::directory_iterator file(database_->path(), ignored), end; file != end;
       file.increment(ignored)) {
    if (file->is_regular_file(ignored)) bytes += file->file_size(ignored);
  }
  return bytes;
}

std::uint64_t LogStore::records() const {
  const std::shared_lock lock(database_->mutex);
  std::uint64_t records = 0;
  if (database_->db)
    database_->db->GetIntProperty(database_->handles[kRecordsFamily], rocksdb::DB::Properties::kEstimateNumKeys,
                                  &records);
  return records;
}

Result<void> LogStore::flush() {
  const std::shared_lock lock(database_->mutex);
  if (!database_->db) return {};
  if (const auto status = database_->db->Flush(rocksdb::FlushOptions(), database_->handles); !status.ok())
    return database_->error(status);
  return {};
}

void LogStore::on_background_error(std::function<void(std::string)> notify) {
  database_->listener->set(std::move(notify));
}

Result<void> LogStore::probe() const {
  rocksdb::Env& env = database_->env();
  const std::string path = database_->path() + "/PROBE";
  std::unique_ptr<rocksdb::WritableFile> file;
  rocksdb::Status status = env.NewWritableFile(path, &file, rocksdb::EnvOptions());
  if (status.ok()) status = file->Append(std::string(kProbeBytes, 'p'));
  if (status.ok()) status = file->Fsync();
  if (file) file->Close().PermitUncheckedError();
  env.DeleteFile(path).PermitUncheckedError();
  if (!status.ok()) return database_->error(status);
  return {};
}

Result<void> LogStore::reopen() {
  const std::unique_lock lock(database_->mutex);
  database_->close();
  const auto status = database_->open(LogDatabase::Mode::kOwner);
  if (status.ok()) return {};
  database_->open(LogDatabase::Mode::kReadOnly).PermitUncheckedError();
  return database_->error(status);
}

}  // namespace hookledger
