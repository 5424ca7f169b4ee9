#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "ingest/log/event_log.h"

namespace hookledger {

/// Offsets of a partition as ranges: memory is in proportion to the holes, not to the offsets. Remembers which ranges
/// changed, for whoever keeps it on disk. Pure.
class OffsetSet {
 public:
  using Ranges = std::map<std::uint64_t, std::uint64_t>;                  ///< First to one past the last.
  using Changes = std::map<std::uint64_t, std::optional<std::uint64_t>>;  ///< Likewise; nothing: no range begins there.

  void add(OffsetRange range);
  void add(std::uint64_t offset) { add({offset, offset + 1}); }
  /// Forgets what is at or after `end`.
  void cut(std::uint64_t end);
  bool contains(std::uint64_t offset) const { return next_missing(offset) != offset; }
  /// The first offset at or after `from` that it has not.
  std::uint64_t next_missing(std::uint64_t from) const;
  std::uint64_t size() const { return size_; }
  const Ranges& ranges() const { return ranges_; }
  friend bool operator==(const OffsetSet& a, const OffsetSet& b) { return a.ranges_ == b.ranges_; }
  /// Since the last time.
  Changes take_changes();

 private:
  Ranges ranges_;  ///< Apart from each other.
  Changes changes_;
  std::uint64_t size_ = 0;
};

}  // namespace hookledger
