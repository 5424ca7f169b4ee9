#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace hookledger {

/// Keys in one piece of memory, which it keeps when cleared.
class KeyList {
 public:
  void clear();
  /// Where the next key is written; `end_key` ends it.
  std::string& bytes() { return bytes_; }
  void end_key();
  /// In order, each once. Valid until the next change.
  const std::vector<std::string_view>& sorted();

 private:
  std::string bytes_;
  std::vector<std::size_t> ends_;
  std::vector<std::string_view> sorted_;
};

}  // namespace hookledger
