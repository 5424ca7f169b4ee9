#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace hookledger {

/// Index of a text in a TextTable; 0 is "absent", the empty text.
using Text = std::uint32_t;

/// Texts, each once, in one piece of memory. Few are found by looking, many by a hash index.
class TextTable {
 public:
  /// How many, without the empty one; they have the indexes 1 to `size()`.
  std::size_t size() const { return ends_.size() - 1; }
  /// Valid until the next change.
  std::string_view text(Text index) const {
    const std::size_t begin = index == 0 ? 0 : ends_[index - 1];
    return std::string_view(bytes_).substr(begin, ends_[index] - begin);
  }
  /// 0 when it is not there.
  Text find(std::string_view text) const;
  /// `text` must not lie in this table. Looks at the text `likely` first, when there is one.
  Text intern(std::string_view text, Text likely = 0);
  /// As stored: also a text that is there already, or empty.
  Text append(std::string_view text);
  void reserve(std::size_t texts, std::size_t bytes);
  void clear();

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };

  std::string bytes_;
  std::vector<std::size_t> ends_{0};
  std::vector<std::uint64_t> marks_;  ///< Of each text, what tells it from nearly all others at a glance.
  std::unordered_map<std::string, Text, Hash, std::equal_to<>> index_;  ///< Once there are many.
};

}  // namespace hookledger
