#pragma once

#include <array>
#include <map>

#include "schemas/call.h"
#include "schemas/call_facts.h"

namespace hookledger {

/// The status of a call while its events are added one by one: what `derive_call` gives for the same
/// events, without deriving the call anew for each of them.
class StatusSteps {
 public:
  /// Adds an event that counts and gives the status of all added so far.
  CallStatus add(const EventFact& event);

 private:
  CallStatus status() const;

  std::map<Text, CallStatus> legs_;
  std::array<std::size_t, 6> legs_with_{};  ///< How many legs have each status.
};

}  // namespace hookledger
