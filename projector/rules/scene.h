#pragma once

#include <array>
#include <cstddef>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "projector/rules/rule_spec.h"
#include "projector/rules/seen.h"

namespace hookledger::rules {

/// What a pattern means in a scene, in order of (occurred_at, id).
struct Matches {
  std::span<const Seen> events;
  std::span<const std::string_view> keys;  ///< Of each event (`append_key`); none when the rule keeps nothing apart.

  std::string_view key(std::size_t i) const { return keys.empty() ? std::string_view() : keys[i]; }
};

/// What a rule looks at together: one call; or of a device its own events and the calls that it takes part in. Rules
/// often name the same patterns, so each is matched once, when the first rule asks for it. What is worked out lies in
/// the scene's own memory, and most calls need no other. The calls must outlive it. One thread.
class Scene {
 public:
  /// `device`: empty for a call. `patterns`: how many numbers they have (`number_patterns`).
  Scene(std::vector<const KnownCall*> calls, std::string device, std::size_t patterns);
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;

  const std::vector<const KnownCall*>& calls() const { return calls_; }
  const std::string& device() const { return device_; }
  /// In order of (occurred_at, id); of a device's scene those that name it.
  std::span<const Seen> events() const { return events_; }
  /// Of the events, each once.
  std::span<const std::string_view> types() const { return types_; }
  /// The events of the nth type; as `events()`.
  std::span<const Seen> of_type(std::size_t type) const { return by_type_[type]; }
  /// What the rule's pattern means here; lives as long as the scene.
  const Matches& matches(const RuleSpec& rule, const Pattern& pattern) const;
  /// For what rules work out; freed with the scene.
  std::pmr::memory_resource* memory() const { return &memory_; }

 private:
  void add_events(const KnownCall& call);
  void tell_types();
  std::string_view keep(std::string_view text) const;

  alignas(std::max_align_t) std::array<std::byte, 8192> first_bytes_;
  mutable std::pmr::monotonic_buffer_resource memory_{first_bytes_.data(), first_bytes_.size()};
  std::vector<const KnownCall*> calls_;
  std::string device_;
  std::pmr::vector<Seen> events_{&memory_};
  std::pmr::vector<std::string_view> types_{&memory_};
  std::pmr::vector<std::pmr::vector<Seen>> by_type_{&memory_};
  mutable std::pmr::vector<const Matches*> matched_;  ///< By number; null: nobody has asked yet.
};

}  // namespace hookledger::rules
