#pragma once

#include <memory>
#include <optional>
#include <string>

#include "replay/redelivery/job.h"

namespace hookledger {

/// Where a job is kept until it is done, so that an interrupted one goes on: two files, each replaced at once and
/// synced. One process at a time, one thread. Errors everywhere: kUnavailable, saying what to do.
class JobFolder {
 public:
  /// Makes the folder when absent and takes its lock. Errors: kInUse too.
  static Result<std::unique_ptr<JobFolder>> open(const std::string& path);
  ~JobFolder();  ///< A folder without a job goes.
  JobFolder(const JobFolder&) = delete;
  JobFolder& operator=(const JobFolder&) = delete;

  struct Stored {
    Job job;
    JobProgress progress;
  };
  /// Nothing: no job was begun. Errors: kCorruption too.
  Result<std::optional<Stored>> load() const;
  /// From here on this is the job, and nothing of it is done.
  Result<void> begin(const Job& job);
  Result<void> save(const JobProgress& progress);
  /// The job is done: nothing of it stays.
  void remove();

 private:
  JobFolder(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}

  std::string file(const std::string& name) const { return path_ + "/" + name; }
  Result<std::optional<std::string>> read(const std::string& name) const;
  Result<void> replace(const std::string& name, const std::string& text) const;

  const std::string path_;
  const int lock_;
};

}  // namespace hookledger
