#include "schemas/text_table.h"

#include <algorithm>
#include <cstring>

namespace hookledger {
namespace {

/// Above this many texts a hash index pays.
constexpr std::size_t kIndexAbove = 48;

/// Ids of one length differ in their first bytes, mostly: look there before calling memcmp.
bool same(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  std::uint64_t first_of_a = 0, first_of_b = 0;
  const std::size_t first = std::min(a.size(), sizeof first_of_a);
  std::memcpy(&first_of_a, a.data(), first);
  std::memcpy(&first_of_b, b.data(), first);
  return first_of_a == first_of_b && a == b;
}

}  // namespace

Text TextTable::find(std::string_view wanted) const {
  if (wanted.empty()) return 0;
  if (!index_.empty()) {
    const auto found = index_.find(wanted);
    return found == index_.end() ? 0 : found->second;
  }
  for (Text index = 1; index < ends_.size(); ++index) {
    if (same(text(index), wanted)) return index;
  }
  return 0;
}

Text TextTable::intern(std::string_view text) {
  const Text known = find(text);
  return known != 0 || text.empty() ? known : append(text);
}

Text TextTable::append(std::string_view added) {
  bytes_.append(added);
  ends_.push_back(bytes_.size());
  const auto index = static_cast<Text>(size());
  if (!index_.empty()) {
    index_.emplace(added, index);
  } else if (size() >= kIndexAbove) {
    for (Text each = 1; each <= index; ++each) index_.emplace(text(each), each);
  }
  return index;
}

}  // namespace hookledger
