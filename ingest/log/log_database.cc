#include "ingest/log/log_database.h"

#include <filesystem>
#include <fstream>
#include <unistd.h>

#include "ingest/log/table_check.h"
#include "schemas/codec.h"

namespace hookledger {
namespace {

constexpr std::uint32_t kDefaultPartitions = 8;
constexpr int kCatchUpAttempts = 10;  // Beside an owner that goes on writing.

}  // namespace

LogDatabase::LogDatabase(LogStoreOptions options, const Clock* clock)
    : listener(std::make_shared<BackgroundErrorListener>(options.path)), options_(std::move(options)), clock_(clock) {}

LogDatabase::~LogDatabase() { close(); }

rocksdb::Status LogDatabase::open(Mode mode) {
  rocksdb::DBOptions options = log_db_options();
  if (options_.env != nullptr) options.env = options_.env;
  options.create_if_missing = options.create_missing_column_families = mode == Mode::kOwner;
  if (mode == Mode::kOwner) {
    options.listeners.push_back(listener);
    std::error_code ignored;  // Opening says it better.
    std::filesystem::create_directories(options_.path, ignored);
    spread_disk_work(options, options_.path);
  }
  const auto families = log_families(mode == Mode::kOwner ? clock_ : nullptr, options_.dedup_window);
  rocksdb::DB* raw = nullptr;
  rocksdb::Status status;
  switch (mode) {
    case Mode::kOwner: status = rocksdb::DB::Open(options, options_.path, families, &handles, &raw); break;
    case Mode::kReadOnly:
      status = rocksdb::DB::OpenForReadOnly(options, options_.path, families, &handles, &raw);
      break;
    case Mode::kSecondary: {
      reading_.emplace(options_.path);  // Before anything is opened.
      // RocksDB wants a folder of the reader's own, and without an info log keeps nothing there.
      std::string empty = (std::filesystem::temp_directory_path() / "hookledger-reader-XXXXXX").string();
      if (mkdtemp(empty.data()) == nullptr) return rocksdb::Status::IOError("no temporary folder", empty);
      status = check_tables(options, options_.path, families, empty);
      if (status.ok()) status = rocksdb::DB::OpenAsSecondary(options, options_.path, empty, families, &handles, &raw);
      std::error_code ignored;
      std::filesystem::remove_all(empty, ignored);
      break;
    }
  }
  db.reset(raw);
  if (!status.ok()) handles.clear();
  return status;
}

rocksdb::Status LogDatabase::catch_up() {
  for (int attempt = 0; attempt < kCatchUpAttempts; ++attempt) {
    const std::string before = manifest_state();
    if (const auto status = db->TryCatchUpWithPrimary(); !status.ok()) return status;
    if (manifest_state() == before) return rocksdb::Status::OK();
  }
  return rocksdb::Status::TryAgain("the owner moves too much");
}

void LogDatabase::close() {
  for (auto* handle : handles) db->DestroyColumnFamilyHandle(handle);
  handles.clear();
  if (db) db->Close().PermitUncheckedError();
  db.reset();
}

Result<void> LogDatabase::read_format(bool may_create) {
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

rocksdb::Status LogDatabase::get(LogFamily family, std::string_view key, std::string* value) const {
  if (!db) return rocksdb::Status::IOError("the log is closed after an error");
  return db->Get(rocksdb::ReadOptions(), handles[family], rocksdb::Slice(key.data(), key.size()), value);
}

std::optional<Ed25519Key> LogDatabase::find_key(std::string_view key_id) const {
  {
    const std::lock_guard lock(keys_mutex_);
    if (const auto known = keys_.find(key_id); known != keys_.end()) return known->second;
  }
  std::string value;
  Ed25519PublicKey bytes;
  {
    const std::shared_lock lock(mutex);
    if (!get(kKeyringFamily, key_id, &value).ok() || value.size() != bytes.size()) return std::nullopt;
  }
  std::copy(value.begin(), value.end(), bytes.begin());
  const Ed25519Key key(bytes);
  const std::lock_guard lock(keys_mutex_);
  return keys_.emplace(key_id, key).first->second;
}

std::string LogDatabase::manifest_state() const {
  const std::filesystem::path folder = options_.path;
  std::string name;
  std::getline(std::ifstream(folder / "CURRENT"), name);
  std::error_code ignored;
  return name + " " + std::to_string(std::filesystem::file_size(folder / name, ignored));
}

Result<void> LogDatabase::create_format() {
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

}  // namespace hookledger
