#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "projector/alert_state.h"
#include "schemas/error.h"

namespace hookledger {

/// Up to where a receiver was told of the findings of one partition, delivered and all, as whoever takes the partition
/// over has to know it.
struct AlertPlace {
  std::uint64_t offset = 0;  ///< One past the last record whose findings were told.
  Time at;                   ///< What opened as time passed was told up to here.
  std::string fingerprint;   ///< Of what decides which findings are told, 16 hex digits: to others it says less.

  friend bool operator==(const AlertPlace&, const AlertPlace&) = default;
};

/// All but the offset as text, with a format version.
std::string alert_place_note(const AlertPlace& place);
/// Of untrusted text. Nothing: no version wrote it.
std::optional<AlertPlace> read_alert_place(std::uint64_t offset, std::string_view note);

/// Is what the progress, of that one partition, says less than what the place does?
bool is_behind(const AlertProgress& progress, std::uint32_t partition, const AlertPlace& place);
/// How a book begins, at `now`, whose partition was told up to there by another, of the same findings or by another
/// choice.
AlertProgress begin_at(std::uint32_t partition, const AlertPlace& place, bool same_findings, Time now);

/// Where the places of one receiver are kept, by partition. One thread. An older place that comes after a newer one
/// makes something be told twice, and loses nothing. Errors: kUnavailable and others that pass; try again.
class AlertPlaces {
 public:
  using ByPartition = std::map<std::uint32_t, AlertPlace>;
  virtual ~AlertPlaces() = default;

  /// Nothing: no place is known.
  virtual Result<std::optional<AlertPlace>> load(std::uint32_t partition) = 0;
  virtual Result<void> store(const ByPartition& places) = 0;
};

/// Keeps what it is given, the newest of each partition. Threads: `note` any, `keep` one.
class AlertPlaceKeeper {
 public:
  /// `places` outlives it; null: keeps nothing.
  explicit AlertPlaceKeeper(AlertPlaces* places) : places_(places) {}

  void note(std::uint32_t partition, const AlertPlace& place);
  /// What was noted since. After an error it is kept with what comes next.
  Result<void> keep();

 private:
  AlertPlaces* const places_;
  AlertPlaces::ByPartition kept_;
  std::mutex mutex_;  ///< Guards all below.
  AlertPlaces::ByPartition noted_;
};

}  // namespace hookledger
