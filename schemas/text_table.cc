#include "schemas/text_table.h"

#include <algorithm>
#include <cstring>

namespace hookledger {
namespace {

/// Above this many texts a hash index pays.
constexpr std::size_t kIndexAbove = 48;

/// Its first and last eight bytes, and its length, mixed: ids of one call differ there.
std::uint64_t mark_of(std::string_view text) {
  std::uint64_t first = 0, last = 0;
  if (text.size() >= sizeof first) {
    std::memcpy(&first, text.data(), sizeof first);
    std::memcpy(&last, text.data() + text.size() - sizeof last, sizeof last);
  } else {
    for (const char c : text) first = first << 8 | static_cast<unsigned char>(c);
  }
  return first + 31 * last + text.size();
}

}  // namespace

Text TextTable::find(std::string_view wanted) const {
  if (wanted.empty()) return 0;
  if (!index_.empty()) {
    const auto found = index_.find(wanted);
    return found == index_.end() ? 0 : found->second;
  }
  const std::uint64_t mark = mark_of(wanted);
  for (std::size_t i = 0; i < marks_.size(); ++i) {
    const auto index = static_cast<Text>(i + 1);
    if (marks_[i] == mark && text(index) == wanted) return index;
  }
  return 0;
}

void TextTable::reserve(std::size_t texts, std::size_t bytes) {
  bytes_.reserve(bytes);
  ends_.reserve(texts + 1);
  marks_.reserve(texts);
}

void TextTable::clear() {
  bytes_.clear();
  ends_.resize(1);
  marks_.clear();
  index_.clear();
}

Text TextTable::intern(std::string_view wanted, Text likely) {
  if (likely != 0 && text(likely) == wanted) return likely;
  const Text known = find(wanted);
  return known != 0 || wanted.empty() ? known : append(wanted);
}

Text TextTable::append(std::string_view added) {
  bytes_.append(added);
  ends_.push_back(bytes_.size());
  marks_.push_back(mark_of(added));
  const auto index = static_cast<Text>(size());
  if (!index_.empty()) {
    index_.emplace(added, index);
  } else if (size() >= kIndexAbove) {
    for (Text each = 1; each <= index; ++each) index_.emplace(text(each), each);
  }
  return index;
}

}  // namespace hookledger
