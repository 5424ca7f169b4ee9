#pragma once

#include <memory>
#include <rocksdb/file_system.h>
#include <string>

namespace hookledger {

/// Says to the log's owner, in whatever process, that somebody reads its files. Held until it is destroyed or the
/// process ends. Internal to ingest/log.
class ReaderLock {
 public:
  /// Of the log in `path`; blocks for the moment in which the owner looks. Holds nothing where no owner has been.
  explicit ReaderLock(const std::string& path);
  ~ReaderLock();
  ReaderLock(const ReaderLock&) = delete;
  ReaderLock& operator=(const ReaderLock&) = delete;

 private:
  const int file_;
};

/// For the owner of the log in `path`: `files`, where RocksDB shortens no file that it deletes while there is a reader.
/// Who has a deleted file open can read it to its end, but not one that is being shortened. Without the folder nothing
/// is shortened.
std::shared_ptr<rocksdb::FileSystem> spare_readers(std::shared_ptr<rocksdb::FileSystem> files, const std::string& path);

}  // namespace hookledger
