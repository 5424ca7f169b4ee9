#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace hookledger::rules {

/// Which of numbered things events of a type concern, where each names types as patterns do: `device.*` is any that
/// begins so. Reading, threads: any.
class ByType {
 public:
  using Numbers = std::vector<std::uint32_t>;  ///< Ascending, each once.

  void add(std::string_view type, std::uint32_t number) {
    if (!type.ends_with('*')) return insert(exact_.try_emplace(std::string(type), of(type)).first->second, number);
    type.remove_suffix(1);
    if (std::ranges::find(prefixes_, type, &Prefix::first) == prefixes_.end()) {
      prefixes_.emplace_back(type, of_prefix(type));
      std::ranges::sort(prefixes_, std::greater(), [](const Prefix& prefix) { return prefix.first.size(); });
    }
    for (auto& [each, numbers] : prefixes_) {
      if (each.starts_with(type)) insert(numbers, number);
    }
    for (auto& [each, numbers] : exact_) {
      if (each.starts_with(type)) insert(numbers, number);
    }
  }

  const Numbers& of(std::string_view type) const {
    const auto found = exact_.find(type);
    return found == exact_.end() ? of_prefix(type) : found->second;
  }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  using Prefix = std::pair<std::string, Numbers>;

  /// Of the longest prefix, which has what shorter ones have.
  const Numbers& of_prefix(std::string_view type) const {
    static const Numbers kNone;
    for (const auto& [prefix, numbers] : prefixes_) {
      if (type.starts_with(prefix)) return numbers;
    }
    return kNone;
  }

  static void insert(Numbers& numbers, std::uint32_t number) {
    const auto place = std::ranges::lower_bound(numbers, number);
    if (place == numbers.end() || *place != number) numbers.insert(place, number);
  }

  std::unordered_map<std::string, Numbers, Hash, std::equal_to<>> exact_;
  std::vector<Prefix> prefixes_;  ///< The longest first.
};

}  // namespace hookledger::rules
