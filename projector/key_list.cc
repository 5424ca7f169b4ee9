#include "projector/key_list.h"

#include <algorithm>

namespace hookledger {

void KeyList::clear() {
  bytes_.clear();
  ends_.clear();
}

void KeyList::end_key() { ends_.push_back(bytes_.size()); }

const std::vector<std::string_view>& KeyList::sorted() {
  sorted_.clear();
  std::size_t begin = 0;
  for (const std::size_t end : ends_) {
    sorted_.push_back(std::string_view(bytes_).substr(begin, end - begin));
    begin = end;
  }
  std::sort(sorted_.begin(), sorted_.end());
  sorted_.erase(std::unique(sorted_.begin(), sorted_.end()), sorted_.end());
  return sorted_;
}

}  // namespace hookledger
