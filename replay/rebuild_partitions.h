#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "replay/rebuild.h"

namespace hookledger {

/// A log that many projectors share has one state a partition, in `DATA/partition-N`.
template <class T>
struct OfPartition {
  std::uint32_t partition = 0;
  T value;
};

/// The partitions that the data dir has states of, in order.
std::vector<std::uint32_t> stored_partitions(const std::string& data_dir);

/// `rebuild` for each of the partitions, `threads` at the same time. Errors: the first.
Result<std::vector<OfPartition<Rebuilt>>> rebuild_partitions(
    const std::string& data_dir, const LogReader& log, const RuleSet& rules,
    const std::vector<std::uint32_t>& partitions, unsigned threads,
    const std::function<void(const FoldProgress&)>& progress = {});

/// `rebuild_verify` for each of the partitions, likewise.
Result<std::vector<OfPartition<RebuildComparison>>> verify_partitions(
    const std::string& data_dir, const LogReader& log, const RuleSet& rules,
    const std::vector<std::uint32_t>& partitions, unsigned threads,
    const std::function<void(const FoldProgress&)>& progress = {});

}  // namespace hookledger
