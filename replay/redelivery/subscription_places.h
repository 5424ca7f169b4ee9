#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "replay/redelivery/offset_set.h"

namespace hookledger {

/// What of each partition is done, kept where whoever has the partition next finds it. Of two that store, the last one
/// counts. Threads: any. Errors: kUnavailable.
class SubscriptionPlaces {
 public:
  using ByPartition = std::map<std::uint32_t, OffsetSet>;

  virtual ~SubscriptionPlaces() = default;
  /// Nothing: none was ever stored.
  virtual Result<std::optional<OffsetSet>> load(std::uint32_t partition) = 0;
  virtual Result<void> store(const ByPartition& done) = 0;
};

/// A place as a number and a text: the first offset that is not done, and what is done beyond it, as much as fits into
/// `bytes_max`; what does not fit is delivered again by whoever reads it.
struct PlaceText {
  std::uint64_t offset = 0;
  std::string note;
};
PlaceText write_place(const OffsetSet& done, std::size_t bytes_max);
/// Nothing when the note is none of ours.
std::optional<OffsetSet> read_place(std::uint64_t offset, std::string_view note);

}  // namespace hookledger
