#include "replay/redelivery/offset_set.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace hookledger {

void OffsetSet::add(OffsetRange range) {
  if (range.first >= range.last) return;
  auto after = ranges_.upper_bound(range.first);
  const bool grows = after != ranges_.begin() && std::prev(after)->second >= range.first;
  const auto at = grows ? std::prev(after) : ranges_.emplace_hint(after, range.first, range.first);
  if (at->second >= range.last) return;
  size_ -= at->second - at->first;
  while (after != ranges_.end() && after->first <= range.last) {
    range.last = std::max(range.last, after->second);
    size_ -= after->second - after->first;
    changes_[after->first] = std::nullopt;
    after = ranges_.erase(after);
  }
  at->second = range.last;
  changes_[at->first] = range.last;
  size_ += range.last - at->first;
}

void OffsetSet::cut(std::uint64_t end) {
  for (auto at = ranges_.lower_bound(end); at != ranges_.end(); at = ranges_.erase(at)) {
    size_ -= at->second - at->first;
    changes_[at->first] = std::nullopt;
  }
  if (ranges_.empty()) return;
  auto& [first, last] = *ranges_.rbegin();
  if (last <= end) return;
  size_ -= last - end;
  last = end;
  changes_[first] = end;
}

std::uint64_t OffsetSet::next_missing(std::uint64_t from) const {
  const auto after = ranges_.upper_bound(from);
  if (after == ranges_.begin()) return from;
  return std::max(from, std::prev(after)->second);
}

OffsetSet::Changes OffsetSet::take_changes() { return std::exchange(changes_, {}); }

}  // namespace hookledger
