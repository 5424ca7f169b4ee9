#include "tests/support/fault_injection_env.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <rocksdb/system_clock.h>
#include <string>
#include <vector>

namespace hookledger::testing {
namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;
namespace fs = std::filesystem;

std::optional<std::string> content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::string folder_of(const std::string& path) { return fs::path(path).parent_path().string(); }

}  // namespace

namespace {

/// RocksDB sleeps a second after a flush that failed; nobody needs to wait for that.
class HastyClock : public rocksdb::SystemClockWrapper {
 public:
  using SystemClockWrapper::SystemClockWrapper;
  const char* Name() const override { return "Hasty"; }
  void SleepForMicroseconds(int micros) override { target_->SleepForMicroseconds(std::min(micros, 1000)); }
};

class DiskEnv : public rocksdb::EnvWrapper {
 public:
  explicit DiskEnv(const std::shared_ptr<rocksdb::FileSystem>& disk) : EnvWrapper(rocksdb::NewCompositeEnv(disk)) {
    file_system_ = disk;
    system_clock_ = std::make_shared<HastyClock>(rocksdb::SystemClock::Default());
  }
  const char* Name() const override { return "FaultInjection"; }
};

}  // namespace

class FaultInjectionEnv::Disk : public rocksdb::FileSystemWrapper {
 public:
  Disk() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "FaultInjection"; }

  IOStatus NewWritableFile(const std::string& path, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* result, IODebugContext* debug) override;
  IOStatus NewDirectory(const std::string& path, const IOOptions& options,
                        std::unique_ptr<rocksdb::FSDirectory>* result, IODebugContext* debug) override;
  IOStatus DeleteFile(const std::string& path, const IOOptions& options, IODebugContext* debug) override;
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                      IODebugContext* debug) override;

  /// Does `effect`, unless the plan or the power says otherwise.
  IOStatus perform(const std::string& path, const std::function<IOStatus()>& effect);
  void resized(const std::string& path, const std::function<std::uint64_t(std::uint64_t)>& size);
  void synced(const std::string& path);
  void folder_synced(const std::string& folder);

  void arm(const std::optional<Plan>& plan);
  std::uint64_t failures() const;
  void cut_power();
  void restore_power(std::mt19937_64& random);

 private:
  class OpenFile;
  class Folder;
  struct File {
    std::uint64_t size = 0, synced = 0;
    bool named = false;  ///< Its name in the folder is durable.
  };
  struct Rename {
    std::string from, to;
    std::optional<std::string> replaced;  ///< Content that `to` had.
  };

  mutable std::mutex mutex_;  // Guards all below.
  std::optional<Plan> plan_;
  std::uint64_t operations_ = 0, failures_ = 0;
  bool powered_ = true;
  std::map<std::string, File> files_;  ///< Those made here.
  std::vector<Rename> renames_;        ///< Not durable yet.
};

/// A file whose every change goes past the disk.
class FaultInjectionEnv::Disk::OpenFile : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  OpenFile(std::unique_ptr<rocksdb::FSWritableFile> target, std::string path, Disk& disk)
      : FSWritableFileOwnerWrapper(std::move(target)), path_(std::move(path)), disk_(disk) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    return disk_.perform(path_, [&] {
      disk_.resized(path_, [&](std::uint64_t size) { return size + data.size(); });
      return target()->Append(data, options, debug);
    });
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                  IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  IOStatus Truncate(std::uint64_t size, const IOOptions& options, IODebugContext* debug) override {
    return disk_.perform(path_, [&] {
      disk_.resized(path_, [&](std::uint64_t) { return size; });
      return target()->Truncate(size, options, debug);
    });
  }
  IOStatus Sync(const IOOptions&, IODebugContext*) override { return note_synced(); }
  IOStatus Fsync(const IOOptions&, IODebugContext*) override { return note_synced(); }
  IOStatus RangeSync(std::uint64_t, std::uint64_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::OK();  // Promises nothing.
  }

 private:
  IOStatus note_synced() {
    return disk_.perform(path_, [&] {
      disk_.synced(path_);
      return IOStatus::OK();
    });
  }

  const std::string path_;
  Disk& disk_;
};

class FaultInjectionEnv::Disk::Folder : public rocksdb::FSDirectoryWrapper {
 public:
  Folder(std::unique_ptr<rocksdb::FSDirectory> target, std::string path, Disk& disk)
      : FSDirectoryWrapper(std::move(target)), path_(std::move(path)), disk_(disk) {}

  IOStatus Fsync(const IOOptions&, IODebugContext*) override {
    return disk_.perform(path_, [&] {
      disk_.folder_synced(path_);
      return IOStatus::OK();
    });
  }
  IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* debug,
                               const rocksdb::DirFsyncOptions&) override {
    return Fsync(options, debug);
  }

 private:
  const std::string path_;
  Disk& disk_;
};

IOStatus FaultInjectionEnv::Disk::NewWritableFile(const std::string& path, const FileOptions& options,
                                                  std::unique_ptr<rocksdb::FSWritableFile>* result,
                                                  IODebugContext* debug) {
  return perform(path, [&] {
    std::unique_ptr<rocksdb::FSWritableFile> file;
    const IOStatus status = target()->NewWritableFile(path, options, &file, debug);
    if (!status.ok()) return status;
    {
      const std::lock_guard lock(mutex_);
      files_[path] = {};
    }
    *result = std::make_unique<OpenFile>(std::move(file), path, *this);
    return status;
  });
}

IOStatus FaultInjectionEnv::Disk::NewDirectory(const std::string& path, const IOOptions& options,
                                               std::unique_ptr<rocksdb::FSDirectory>* result, IODebugContext* debug) {
  std::unique_ptr<rocksdb::FSDirectory> folder;
  const IOStatus status = target()->NewDirectory(path, options, &folder, debug);
  if (!status.ok()) return status;
  const std::string name = path.ends_with('/') ? path.substr(0, path.size() - 1) : path;
  *result = std::make_unique<Folder>(std::move(folder), name, *this);
  return status;
}

IOStatus FaultInjectionEnv::Disk::DeleteFile(const std::string& path, const IOOptions& options, IODebugContext* debug) {
  return perform(path, [&] {
    {
      const std::lock_guard lock(mutex_);
      files_.erase(path);
    }
    return target()->DeleteFile(path, options, debug);
  });
}

IOStatus FaultInjectionEnv::Disk::RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                                             IODebugContext* debug) {
  return perform(from, [&] {
    auto replaced = content_of(to);
    const IOStatus status = target()->RenameFile(from, to, options, debug);
    if (!status.ok()) return status;
    const std::lock_guard lock(mutex_);
    renames_.push_back({from, to, std::move(replaced)});
    if (auto file = files_.extract(from)) {
      files_.erase(to);
      file.key() = to;
      files_.insert(std::move(file));
    }
    return status;
  });
}

IOStatus FaultInjectionEnv::Disk::perform(const std::string& path, const std::function<IOStatus()>& effect) {
  std::optional<Plan> failing;
  {
    const std::lock_guard lock(mutex_);
    if (!powered_) return IOStatus::IOError("the power is off", path);
    const std::uint64_t index = operations_++;
    if (plan_ && (index == plan_->fail_at || (plan_->lasting && index > plan_->fail_at))) {
      failing = plan_;
      ++failures_;
    }
  }
  const IOStatus status = failing && !failing->after_effect ? IOStatus::OK() : effect();
  if (!failing || !status.ok()) return status;
  return failing->fault == Fault::kNoSpace ? IOStatus::NoSpace("injected", path) : IOStatus::IOError("injected", path);
}

void FaultInjectionEnv::Disk::resized(const std::string& path,
                                      const std::function<std::uint64_t(std::uint64_t)>& size) {
  const std::lock_guard lock(mutex_);
  const auto file = files_.find(path);
  if (file == files_.end()) return;
  file->second.size = size(file->second.size);
  file->second.synced = std::min(file->second.synced, file->second.size);
}

void FaultInjectionEnv::Disk::synced(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (const auto file = files_.find(path); file != files_.end()) file->second.synced = file->second.size;
}

void FaultInjectionEnv::Disk::folder_synced(const std::string& folder) {
  const std::lock_guard lock(mutex_);
  for (auto& [path, file] : files_) file.named = file.named || folder_of(path) == folder;
  std::erase_if(renames_, [&](const Rename& rename) { return folder_of(rename.to) == folder; });
}

void FaultInjectionEnv::Disk::arm(const std::optional<Plan>& plan) {
  const std::lock_guard lock(mutex_);
  plan_ = plan;
  if (plan) operations_ = failures_ = 0;
}

std::uint64_t FaultInjectionEnv::Disk::failures() const {
  const std::lock_guard lock(mutex_);
  return failures_;
}

void FaultInjectionEnv::Disk::cut_power() {
  const std::lock_guard lock(mutex_);
  powered_ = false;
}

void FaultInjectionEnv::Disk::restore_power(std::mt19937_64& random) {
  const std::lock_guard lock(mutex_);
  const std::size_t kept = random() % (renames_.size() + 1);
  for (; renames_.size() > kept; renames_.pop_back()) {
    const Rename& rename = renames_.back();
    std::error_code ignored;
    fs::rename(rename.to, rename.from, ignored);
    if (rename.replaced) std::ofstream(rename.to, std::ios::binary) << *rename.replaced;
    if (auto file = files_.extract(rename.to)) {
      file.key() = rename.from;
      files_.insert(std::move(file));
    }
  }
  for (const Rename& rename : renames_) {
    if (const auto file = files_.find(rename.to); file != files_.end()) file->second.named = true;
  }
  renames_.clear();
  for (const auto& [path, file] : files_) {
    std::error_code ignored;
    if (!file.named && random() % 2 == 0) {
      fs::remove(path, ignored);
    } else if (fs::exists(path, ignored)) {
      const std::uint64_t unsynced = file.size - file.synced;
      fs::resize_file(path, file.synced + (random() % 2 == 0 ? 0 : random() % (unsynced + 1)), ignored);
    }
  }
  files_.clear();
  powered_ = true;
}

FaultInjectionEnv::FaultInjectionEnv() : disk_(std::make_shared<Disk>()), env_(std::make_unique<DiskEnv>(disk_)) {}
FaultInjectionEnv::~FaultInjectionEnv() = default;

rocksdb::Env* FaultInjectionEnv::env() const { return env_.get(); }
void FaultInjectionEnv::arm(const Plan& plan) { disk_->arm(plan); }
void FaultInjectionEnv::heal() { disk_->arm(std::nullopt); }
std::uint64_t FaultInjectionEnv::failures() const { return disk_->failures(); }
void FaultInjectionEnv::cut_power() { disk_->cut_power(); }
void FaultInjectionEnv::restore_power(std::mt19937_64& random) { disk_->restore_power(random); }

}  // namespace hookledger::testing
