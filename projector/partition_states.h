#pragma once

#include <cstdint>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "projector/projection.h"

namespace hookledger {

/// The states of the partitions that this process has, each a projection of its own in `DATA/partition-N`. Partitions
/// come and go while requests read; a request keeps the states that it holds open until it lets them go.
/// Threads: any; those who change something wait for each other.
class PartitionStates {
 public:
  /// kStandby: folded but not answered for, so that it can be answered for at once.
  enum class Role { kOwner, kStandby };

  /// What `parts` names outlives it.
  PartitionStates(std::string data_dir, Projection::Parts parts);
  ~PartitionStates();  ///< Lets go of all.
  PartitionStates(const PartitionStates&) = delete;
  PartitionStates& operator=(const PartitionStates&) = delete;

  /// Where the state of a partition is in a data dir.
  static std::string folder(const std::string& data_dir, std::uint32_t partition) {
    return data_dir + "/partition-" + std::to_string(partition);
  }

  /// Opens what is on disk and folds on from there; of a partition that is here already it changes the role alone, at
  /// once. After an error the partition counts as taken and stays not ready until `try_again` has opened it.
  /// Errors: kInUse, kCorruption, kUnavailable.
  Result<void> take(std::uint32_t partition, Role role);
  /// Opens what could not be opened before. Has nothing to do when all is well.
  void try_again();
  /// Why nothing is open after `close_all`.
  static constexpr const char* kEvaluating = "the past is evaluated by changed rules: the log shows how far it is";
  /// Closes all that is open, and opens nothing until `open_all`. Returns as `let_go`; roles stay, and can be changed.
  void close_all();
  /// Opens one after the other what is taken, from now on with these parts: what was made with other rules is evaluated
  /// by these. What could not be opened `try_again` opens.
  void open_all(Projection::Parts parts);
  /// Stops, flushes and closes; files stay. Returns when that is done and another process may open them: after the
  /// last request that uses one, so not from within such a request.
  void let_go(const std::vector<std::uint32_t>& partitions);

  /// Those that are answered for, by partition. Kept open while they are held. `all`: told whether none is missing
  /// because it is not open.
  std::vector<std::shared_ptr<State>> owned(bool* all = nullptr) const;
  /// All that are open here, standbys too.
  std::vector<std::shared_ptr<Projection>> all() const;
  /// Of all that are open: records folded since they were taken, and how many that has to be.
  FoldProgress progress() const;
  /// Which of the partitions that are answered for are not ready, and what each waits for; nothing when all are.
  std::optional<std::string> not_ready() const;

 private:
  struct Taken {
    Role role;
    std::shared_ptr<Projection> projection;  ///< Null when it could not be opened.
    std::future<void> closed;                ///< Ready when the last holder of the projection has let go of it.
    std::string failure;                     ///< Why it could not be opened.
  };

  Result<void> open(std::uint32_t partition);
  static void close(std::vector<Taken>& going);
  std::vector<std::uint32_t> not_open() const;

  const std::string data_dir_;
  const std::shared_ptr<const KeyValueMemory> memory_ = make_key_value_memory();
  std::mutex changing_;  ///< Held by whoever takes or lets go. Guards the next two.
  std::optional<Projection::Parts> parts_;
  bool closed_ = false;  ///< Nothing is opened for now.
  mutable std::mutex mutex_;
  std::map<std::uint32_t, Taken> taken_;  ///< Guarded by mutex_; changed under both.
};

}  // namespace hookledger
