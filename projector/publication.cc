#include "projector/publication.h"

#include <algorithm>

#include "schemas/text.h"

namespace hookledger {
namespace {

constexpr std::string_view kFormat = "1 ";

}  // namespace

std::string published_note(const Published& published) {
  const auto microseconds = std::max<std::int64_t>(published.at.time_since_epoch().count(), 0);
  return std::string(kFormat) + std::to_string(microseconds);
}

Published read_published(std::uint64_t offset, std::string_view note) {
  if (!note.starts_with(kFormat)) return {offset, Time()};
  const auto microseconds = parse_unsigned(note.substr(kFormat.size()));
  const auto at = static_cast<std::int64_t>(std::min<std::uint64_t>(microseconds.value_or(0), INT64_MAX));
  return {offset, Time(Duration(at))};
}

}  // namespace hookledger
