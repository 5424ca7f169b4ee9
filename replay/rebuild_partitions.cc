#include "replay/rebuild_partitions.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <mutex>
#include <optional>
#include <thread>

#include "ingest/log/frozen_partition.h"
#include "schemas/text.h"

namespace hookledger {
namespace {

constexpr std::string_view kFolderPrefix = "partition-";

std::string folder_of(const std::string& data_dir, std::uint32_t partition) {
  return data_dir + "/" + std::string(kFolderPrefix) + std::to_string(partition);
}

/// Adds up the progress of partitions that are folded at the same time.
class TotalProgress {
 public:
  TotalProgress(const LogReader& log, const std::vector<std::uint32_t>& partitions,
                const std::function<void(const FoldProgress&)>& tell)
      : tell_(tell) {
    for (const std::uint32_t partition : partitions) total_.total += log.end(partition) - log.first(partition);
  }

  /// Of one more partition.
  std::function<void(const FoldProgress&)> part() {
    return [this, done = std::uint64_t{0}](const FoldProgress& now) mutable {
      const std::lock_guard lock(mutex_);
      total_.done += now.done - std::min(now.done, done);
      done = std::max(now.done, done);
      if (tell_) tell_(total_);
    };
  }

 private:
  const std::function<void(const FoldProgress&)>& tell_;
  std::mutex mutex_;
  FoldProgress total_;
};

template <class T, class Work>
Result<std::vector<OfPartition<T>>> for_each_partition(const std::vector<std::uint32_t>& partitions, unsigned threads,
                                                       const Work& work) {
  std::vector<OfPartition<T>> done(partitions.size());
  std::mutex mutex;  // Of `failure`.
  std::optional<Error> failure;
  std::atomic<std::size_t> next = 0;
  const auto run = [&] {
    for (std::size_t i; (i = next++) < partitions.size();) {
      Result<T> result = work(partitions[i]);
      if (result) {
        done[i] = {partitions[i], std::move(*result)};
        continue;
      }
      const std::lock_guard lock(mutex);
      if (!failure) failure = result.error();
    }
  };
  std::vector<std::thread> others;
  for (std::size_t i = 1; i < std::min<std::size_t>(threads, partitions.size()); ++i) others.emplace_back(run);
  run();
  for (std::thread& other : others) other.join();
  if (failure) return *failure;
  return done;
}

}  // namespace

std::vector<std::uint32_t> stored_partitions(const std::string& data_dir) {
  std::vector<std::uint32_t> partitions;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(data_dir, ignored)) {
    const std::string name = entry.path().filename();
    if (!name.starts_with(kFolderPrefix)) continue;
    const auto partition = parse_unsigned(std::string_view(name).substr(kFolderPrefix.size()));
    if (partition && *partition <= UINT32_MAX) partitions.push_back(static_cast<std::uint32_t>(*partition));
  }
  std::ranges::sort(partitions);
  return partitions;
}

Result<std::vector<OfPartition<Rebuilt>>> rebuild_partitions(const std::string& data_dir, const LogReader& log,
                                                             const RuleSet& rules,
                                                             const std::vector<std::uint32_t>& partitions,
                                                             unsigned threads,
                                                             const std::function<void(const FoldProgress&)>& progress) {
  TotalProgress total(log, partitions, progress);
  return for_each_partition<Rebuilt>(partitions, threads, [&](std::uint32_t partition) {
    const auto frozen = FrozenPartition::make(log, partition);
    if (!frozen) return Result<Rebuilt>(frozen.error());
    return rebuild(folder_of(data_dir, partition), **frozen, rules, 1, total.part());
  });
}

Result<std::vector<OfPartition<RebuildComparison>>> verify_partitions(
    const std::string& data_dir, const LogReader& log, const RuleSet& rules,
    const std::vector<std::uint32_t>& partitions, unsigned threads,
    const std::function<void(const FoldProgress&)>& progress) {
  TotalProgress total(log, partitions, progress);
  return for_each_partition<RebuildComparison>(partitions, threads, [&](std::uint32_t partition) {
    const auto open_log = [&]() -> Result<std::unique_ptr<LogReader>> {
      auto frozen = FrozenPartition::make(log, partition);
      if (!frozen) return frozen.error();
      return std::unique_ptr<LogReader>(std::move(*frozen));
    };
    return rebuild_verify(folder_of(data_dir, partition), rules, open_log, 1, total.part());
  });
}

}  // namespace hookledger
