#include "ingest/log/log_errors.h"

namespace hookledger {

Error to_error(const rocksdb::Status& status, const std::string& path) {
  const std::string where = "log " + path + ": ";
  const std::string what = status.ToString();
  if (status.IsNoSpace()) return {ErrorCode::kUnavailable, where + "no space left on the disk: free some"};
  if (status.IsCorruption()) {
    return {ErrorCode::kCorruption, where + what +
                                        ": run hookledger verify to see what is damaged, then restore the data dir or "
                                        "import an export into a new one"};
  }
  if (status.IsNotFound()) return {ErrorCode::kNotFound, where + what};
  const bool held = what.find("lock hold by current process") != std::string::npos ||  // This process, or another.
                    what.find("While lock file") != std::string::npos;
  if (status.IsIOError() && held) {
    return {ErrorCode::kInUse,
            "data dir is in use by another hookledger (" + path + "): stop it, or use another --data-dir"};
  }
  return {ErrorCode::kUnavailable, where + what};
}

void BackgroundErrorListener::OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* status) {
  const std::lock_guard lock(mutex_);
  if (notify_) notify_(to_error(*status, path_).detail);
}

void BackgroundErrorListener::OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status,
                                                   bool* auto_recovery) {
  *auto_recovery = false;
}

void BackgroundErrorListener::set(std::function<void(std::string)> notify) {
  const std::lock_guard lock(mutex_);
  notify_ = std::move(notify);
}

}  // namespace hookledger
