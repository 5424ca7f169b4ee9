#pragma once

#include <functional>
#include <mutex>
#include <rocksdb/listener.h>
#include <rocksdb/status.h>
#include <string>

#include "schemas/error.h"

namespace hookledger {

/// The one place where RocksDB's errors become ours. Internal to ingest/log.
Error to_error(const rocksdb::Status& status, const std::string& path);

/// Tells of every failure that RocksDB latches, those of writes too, and keeps it from resuming by itself: a failed
/// log is reopened (ARCHITECTURE.md, Decisions). Threads: any.
class BackgroundErrorListener : public rocksdb::EventListener {
 public:
  explicit BackgroundErrorListener(std::string path) : path_(std::move(path)) {}

  void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* status) override;
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason reason, rocksdb::Status status,
                            bool* auto_recovery) override;
  /// Called on a RocksDB thread.
  void set(std::function<void(std::string)> notify);

 private:
  const std::string path_;
  std::mutex mutex_;
  std::function<void(std::string)> notify_;
};

}  // namespace hookledger
