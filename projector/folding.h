#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "ingest/log/event_log.h"
#include "projector/call_store.h"
#include "projector/rules.h"
#include "schemas/event.h"

namespace hookledger {

/// Folds records into a store: many events, one write that holds calls, index entries and the covered offset
/// (G6). One thread; the store's calls of a partition must have one folder at a time.
class Folding {
 public:
  Folding(CallStore& store, const RuleSet& rules);
  ~Folding();

  /// Adds the record at `place`; records of a partition come in order, and all of a batch from one.
  /// Errors: kCorruption (names the place), kUnavailable.
  Result<void> add(Place place, std::string_view record);
  /// Writes what was added and `covered` as the partition's covered offset, and starts over.
  Result<void> commit(std::uint32_t partition, std::uint64_t covered);
  /// Roughly what is held.
  std::size_t bytes() const { return bytes_; }

 private:
  struct Entry;

  CallStore& store_;
  const RuleSet& rules_;
  std::unique_ptr<EventReader> telnyx_;
  std::unordered_map<std::string, std::unique_ptr<Entry>> calls_;
  Writes writes_;
  std::string key_, value_;
  std::size_t bytes_ = 0;
};

struct FoldProgress {
  std::uint64_t done = 0, total = 0;  ///< Records.
};

/// How much one write may gather.
inline constexpr std::size_t kFoldBatchBytes = 16 << 20;

/// Folds one partition from its covered offset to `end` at most. `folded` is told how far it got after every
/// write, and ends it by returning false. What stands before an error is folded.
/// Errors: kCorruption (names the place), kUnavailable.
Result<void> fold_partition(Folding& folding, CallStore& store, const LogReader& log, std::uint32_t partition,
                            std::uint64_t end, const std::function<bool(std::uint64_t covered)>& folded);

/// Folds everything that was durable at the call, on `threads` threads (1 for an overlay). `progress`: from any
/// of them, one at a time. Errors: the first; the other partitions are folded nevertheless.
Result<void> catch_up(CallStore& store, const LogReader& log, const RuleSet& rules, unsigned threads,
                      const std::function<void(const FoldProgress&)>& progress = {});

}  // namespace hookledger
