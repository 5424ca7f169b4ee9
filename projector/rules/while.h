#pragma once

#include <optional>
#include <vector>

#include "projector/rules/rule_spec.h"
#include "projector/rules/scene.h"

namespace hookledger::rules {

/// Whether a rule's `while` holds when an event happens, and what ends it.
class States {
 public:
  explicit States(const Scene& scene) : scene_(scene) {}

  /// Nothing when the state does not hold at the event's time. Else the event that is the last to say that it does;
  /// none where nothing needs to say it.
  std::optional<Seen> holds_at(While during, const Seen& event) const;
  /// What ends the state that holds at the event's time; none when it has not ended, or does not end.
  Seen end_of(While during, const Seen& event) const;

 private:
  const DeviceCall* device_call_at(const Seen& event) const;

  const Scene& scene_;
  mutable std::optional<std::vector<DeviceCall>> calls_;  ///< Of the scene's device, once asked for.
};

}  // namespace hookledger::rules
