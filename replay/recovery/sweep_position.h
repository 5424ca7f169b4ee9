#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "schemas/error.h"
#include "schemas/time.h"

namespace hookledger {

/// How far failed deliveries were asked for: those that began in [since, until], and of these the pages before `page`.
struct SweepPosition {
  Time since{}, until{};
  std::uint64_t page = 0;                ///< The next to ask for, from 1; 0: all are done.
  std::set<std::uint32_t> partitions{};  ///< Whose events were taken of all these pages.
  std::map<std::uint32_t, Time>
      left{};  ///< Of partitions that left: up to when it was asked for what failed of theirs.

  /// The others leave.
  void keep(const std::set<std::uint32_t>& here);

  friend bool operator==(const SweepPosition&, const SweepPosition&) = default;
};

/// Keeps a position in a file, written anew and synced each time, so that a crash leaves the one before or this.
class SweepFile {
 public:
  explicit SweepFile(std::string path) : path_(std::move(path)) {}

  /// Nothing when there is none that can be read. Errors: none; what is damaged counts as absent.
  std::optional<SweepPosition> load() const;
  /// Makes the folder. Errors: kUnavailable.
  Result<void> save(const SweepPosition& position) const;

 private:
  const std::string path_;
};

}  // namespace hookledger
