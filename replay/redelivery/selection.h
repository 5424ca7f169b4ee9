#pragma once

#include <optional>
#include <string>
#include <unordered_set>

#include "replay/redelivery/filter.h"
#include "schemas/record.h"
#include "schemas/time.h"

namespace hookledger {

/// Which records are sent again. What is absent says nothing.
struct Selection {
  RecordFilter filter{};
  std::optional<std::unordered_set<std::string>> calls{};  ///< Ids of all that count.
  std::optional<Time> since{}, until{};                    ///< since <= time < until.
  bool by_occurrence = false;  ///< The time is when the event happened; else when it was received.
};

/// Pure.
bool selects(const Selection& selection, const RecordView& record);

}  // namespace hookledger
