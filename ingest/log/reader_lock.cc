#include "ingest/log/reader_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <utility>

namespace hookledger {
namespace {

constexpr mode_t kMode = 0644;  // Who may read the log may say so.

std::string lock_file(const std::string& path) { return path + "/READERS"; }

class SparingFileSystem : public rocksdb::FileSystemWrapper {
 public:
  SparingFileSystem(std::shared_ptr<rocksdb::FileSystem> files, const std::string& path)
      : FileSystemWrapper(std::move(files)),
        file_(open(lock_file(path).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kMode)) {}
  ~SparingFileSystem() override {
    if (file_ >= 0) close(file_);
  }
  SparingFileSystem(const SparingFileSystem&) = delete;
  SparingFileSystem& operator=(const SparingFileSystem&) = delete;

  const char* Name() const override { return "hookledger.sparing_readers"; }

  /// RocksDB asks before it shortens a file, and leaves one that has several names as it is: a reader is another name.
  rocksdb::IOStatus NumFileLinks(const std::string& name, const rocksdb::IOOptions& options, std::uint64_t* count,
                                 rocksdb::IODebugContext* debug) override {
    const auto status = FileSystemWrapper::NumFileLinks(name, options, count, debug);
    if (status.ok() && is_read()) ++*count;
    return status;
  }

 private:
  bool is_read() const {
    if (flock(file_, LOCK_EX | LOCK_NB) != 0) return true;
    flock(file_, LOCK_UN);
    return false;
  }

  const int file_;
};

}  // namespace

ReaderLock::ReaderLock(const std::string& path) : file_(open(lock_file(path).c_str(), O_RDONLY | O_CLOEXEC)) {
  if (file_ >= 0) flock(file_, LOCK_SH);
}

ReaderLock::~ReaderLock() {
  if (file_ >= 0) close(file_);
}

std::shared_ptr<rocksdb::FileSystem> spare_readers(std::shared_ptr<rocksdb::FileSystem> files,
                                                   const std::string& path) {
  return std::make_shared<SparingFileSystem>(std::move(files), path);
}

}  // namespace hookledger
