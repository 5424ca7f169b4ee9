#include "replay/redelivery/subscription_places.h"

#include <algorithm>

#include "schemas/text.h"

namespace hookledger {

PlaceText write_place(const OffsetSet& done, std::size_t bytes_max) {
  PlaceText place{done.next_missing(0), {}};
  std::uint64_t last = place.offset;
  for (const auto& [first, end] : done.ranges()) {
    if (first < place.offset) continue;
    // How many are missing, and then done.
    const std::string range =
        (place.note.empty() ? "" : " ") + std::to_string(first - last) + "+" + std::to_string(end - first);
    if (place.note.size() + range.size() > bytes_max) break;
    place.note += range;
    last = end;
  }
  return place;
}

std::optional<OffsetSet> read_place(std::uint64_t offset, std::string_view note) {
  constexpr std::uint64_t kMax = std::uint64_t{1} << 60;  // Sums stay numbers.
  OffsetSet done;
  done.add({0, offset});
  std::uint64_t last = offset;
  while (!note.empty()) {
    const std::string_view range = note.substr(0, note.find(' '));
    note.remove_prefix(std::min(note.size(), range.size() + 1));
    const auto plus = range.find('+');
    if (plus == std::string_view::npos) return std::nullopt;
    const auto missing = parse_unsigned(range.substr(0, plus)), count = parse_unsigned(range.substr(plus + 1));
    if (last > kMax || !missing || *missing > kMax || !count || *count > kMax) return std::nullopt;
    done.add({last + *missing, last + *missing + *count});
    last += *missing + *count;
  }
  return done;
}

}  // namespace hookledger
