#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "schemas/clock.h"

namespace hookledger {

/// Shows long work on stderr: a bar on a terminal, a line every few seconds otherwise, nothing when quiet. Work of
/// less than a second shows nothing. One thread at a time.
class Progress {
 public:
  /// `what`: `rebuilding`. `unit`: `records`.
  Progress(std::string what, std::string unit, bool quiet, const Clock& clock);
  /// Takes the bar off the terminal.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void update(std::uint64_t done, std::uint64_t total);

 private:
  std::string line(std::uint64_t done, std::uint64_t total, double seconds) const;

  const std::string what_, unit_;
  const Clock& clock_;
  const bool terminal_, quiet_;
  bool drawn_ = false;
  const std::chrono::steady_clock::time_point began_;
  std::chrono::steady_clock::time_point next_;
};

/// Colour only on a terminal, and none under NO_COLOR.
bool colour_wanted();
/// Columns of the terminal, or 120.
unsigned terminal_width();

}  // namespace hookledger
