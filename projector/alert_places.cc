#include "projector/alert_places.h"

#include <algorithm>

#include "schemas/text.h"

namespace hookledger {
namespace {

constexpr std::string_view kFormat = "1 ";
constexpr std::size_t kFingerprintSize = 16;

}  // namespace

std::string alert_place_note(const AlertPlace& place) {
  const auto micros = std::max<std::int64_t>(place.at.time_since_epoch().count(), 0);
  return std::string(kFormat) + std::to_string(micros) + ' ' + place.fingerprint;
}

std::optional<AlertPlace> read_alert_place(std::uint64_t offset, std::string_view note) {
  if (!note.starts_with(kFormat)) return std::nullopt;
  note.remove_prefix(kFormat.size());
  const std::size_t space = note.find(' ');
  const auto micros = parse_unsigned(note.substr(0, space));
  if (!micros || *micros > INT64_MAX || note.size() - space != 1 + kFingerprintSize) return std::nullopt;
  return AlertPlace{offset, Time(Duration(static_cast<std::int64_t>(*micros))), std::string(note.substr(space + 1))};
}

bool is_behind(const AlertProgress& progress, std::uint32_t partition, const AlertPlace& place) {
  const auto found = progress.offsets.find(partition);
  const std::uint64_t offset = found == progress.offsets.end() ? 0 : found->second;
  return offset < place.offset || std::max(progress.at, progress.past_at) < place.at;
}

AlertProgress begin_at(std::uint32_t partition, const AlertPlace& place, bool same_findings, Time now) {
  const AlertProgress::Offsets offsets{{partition, place.offset}};
  return {.offsets = offsets,
          .at = same_findings ? place.at : Time(),
          .past_offsets = offsets,
          .past_at = place.at,
          .told_then = same_findings,
          // Whoever else began at this place did so at another instant.
          .openings = static_cast<std::uint64_t>(now.time_since_epoch().count())};
}

void AlertPlaceKeeper::note(std::uint32_t partition, const AlertPlace& place) {
  const std::lock_guard lock(mutex_);
  noted_[partition] = place;
}

Result<void> AlertPlaceKeeper::keep() {
  if (places_ == nullptr) return {};
  AlertPlaces::ByPartition changed;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [partition, place] : noted_) {
      const auto kept = kept_.find(partition);
      if (kept == kept_.end() || kept->second != place) changed.emplace(partition, place);
    }
  }
  if (changed.empty()) return {};
  auto stored = places_->store(changed);
  if (stored) {
    for (auto& [partition, place] : changed) kept_[partition] = std::move(place);
  }
  return stored;
}

}  // namespace hookledger
