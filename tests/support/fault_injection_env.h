#pragma once

#include <cstdint>
#include <memory>
#include <random>

namespace rocksdb {
class Env;
}

namespace hookledger::testing {

/// A disk that fails on purpose, under RocksDB. It counts what changes files: create, append, truncate, sync, rename,
/// delete, and the sync of a folder. What it is told is synced it only notes, so a test waits for no real disk.
/// The lock file is left alone. Threads: any.
class FaultInjectionEnv {
 public:
  enum class Fault { kIoError, kNoSpace };
  struct Plan {
    std::uint64_t fail_at = 0;  ///< Which operation, counted from `arm`.
    bool after_effect = false;  ///< It happens, but says that it failed.
    bool lasting = false;       ///< And so does every one after it, until `heal`.
    Fault fault = Fault::kIoError;
  };

  FaultInjectionEnv();
  ~FaultInjectionEnv();
  FaultInjectionEnv(const FaultInjectionEnv&) = delete;
  FaultInjectionEnv& operator=(const FaultInjectionEnv&) = delete;

  rocksdb::Env* env() const;

  void arm(const Plan& plan);
  void heal();
  std::uint64_t failures() const;  ///< Since `arm`.

  /// From now on nothing changes on the disk. Destroy what has files open before `restore_power`.
  void cut_power();
  /// What was not synced is gone, but for what `random` leaves of it: a prefix of a file's unsynced bytes, names of
  /// new files, the first of the renames. Deleted files stay deleted.
  void restore_power(std::mt19937_64& random);

 private:
  class Disk;
  std::shared_ptr<Disk> disk_;
  std::unique_ptr<rocksdb::Env> env_;
};

}  // namespace hookledger::testing
