#pragma once

#include <algorithm>

#include "ingest/log/event_log.h"

namespace hookledger {

/// One partition of a log, as it ends when this is made; the others are empty. The log outlives it. Threads: as the
/// log.
class FrozenPartition : public LogReader {
 public:
  /// Errors: kUnavailable, when the log cannot tell its end.
  static Result<std::unique_ptr<FrozenPartition>> make(const LogReader& log, std::uint32_t partition) {
    const auto end = log.ask_end(partition);
    if (!end) return end.error();
    return std::unique_ptr<FrozenPartition>(new FrozenPartition(log, partition, *end));
  }

  std::uint32_t partitions() const override { return log_.partitions(); }
  std::uint64_t first(std::uint32_t partition) const override { return partition == partition_ ? first_ : 0; }
  std::uint64_t end(std::uint32_t partition) const override { return partition == partition_ ? end_ : 0; }
  Result<StoredRecord> read(Place place) const override { return log_.read(place); }
  std::unique_ptr<LogCursor> scan(std::uint32_t partition, std::uint64_t from) const override {
    return log_.scan(partition, from);
  }
  std::optional<Ed25519Key> find_key(std::string_view key_id) const override { return log_.find_key(key_id); }

 private:
  FrozenPartition(const LogReader& log, std::uint32_t partition, std::uint64_t end)
      : log_(log), partition_(partition), first_(std::min(log.first(partition), end)), end_(end) {}

  const LogReader& log_;
  const std::uint32_t partition_;
  const std::uint64_t first_, end_;
};

}  // namespace hookledger
