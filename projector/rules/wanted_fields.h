#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "projector/rules/by_type.h"
#include "projector/rules/rule_spec.h"

namespace hookledger::rules {

/// Which values of an event's body the rules need, by its type. Immutable once made, threads: any.
class WantedFields {
 public:
  /// Gives every field of the rules its slot.
  explicit WantedFields(std::vector<RuleSpec>& rules);

  /// By slot: JSON Pointers into what an event carries.
  const std::vector<std::string>& pointers() const { return pointers_; }
  /// Slots, ascending. `telemetry`: is the event of an application or a device?
  const ByType::Numbers& of(std::string_view type, bool telemetry) const {
    return (telemetry ? of_telemetry_ : of_provider_).of(type);
  }
  /// A hash of all of it.
  std::string fingerprint() const;

 private:
  struct Wish {
    std::uint32_t slot = 0;
    bool of_telemetry_only = false;
  };
  using Wishes = std::vector<Wish>;

  void add(RuleSpec& rule);
  void add(const std::vector<Field*>& fields, const std::vector<std::string>& types);
  std::uint32_t slot_of(const std::string& pointer);

  std::vector<std::string> pointers_;
  std::map<std::string, Wishes> by_type_, by_prefix_;  ///< For the fingerprint; what is looked up is below.
  ByType of_telemetry_, of_provider_;
};

}  // namespace hookledger::rules
