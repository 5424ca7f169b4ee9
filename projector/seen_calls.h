#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace hookledger {

/// Remembers call ids inexactly: `add` says whether the id may have been added before; never wrongly that it was not.
/// For a fold that begins with nothing, so that it need not ask the store about every new call.
class SeenCalls {
 public:
  /// `calls`: how many are expected; more make it say "may have been" more often. At most 16 MiB.
  explicit SeenCalls(std::uint64_t calls) : words_(std::bit_ceil(std::clamp<std::uint64_t>(calls / 4, 1, kWordsMax))) {}

  bool add(std::string_view call_id) {
    const std::uint64_t hash = std::hash<std::string_view>()(call_id);
    std::uint64_t& word = words_[(hash >> 32) & (words_.size() - 1)];
    const std::uint64_t bits = 1ULL << (hash & 63) | 1ULL << (hash >> 6 & 63) | 1ULL << (hash >> 12 & 63);
    const bool known = (word & bits) == bits;
    word |= bits;
    return known;
  }

 private:
  static constexpr std::uint64_t kWordsMax = 2 << 20;
  std::vector<std::uint64_t> words_;
};

}  // namespace hookledger
