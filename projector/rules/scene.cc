#include "projector/rules/scene.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "projector/rules/field.h"
#include "projector/rules/match.h"

namespace hookledger::rules {

Scene::Scene(std::vector<const KnownCall*> calls, std::string device, std::size_t patterns)
    : calls_(std::move(calls)), device_(std::move(device)), matched_(patterns, nullptr, &memory_) {
  std::size_t events = 0;
  for (const KnownCall* call : calls_) events += call->events().size();
  events_.reserve(events);
  for (const KnownCall* call : calls_) add_events(*call);
  sort_by_occurrence(events_);
  tell_types();
}

void Scene::add_events(const KnownCall& call) {
  const Text device = call.facts().find(device_);
  if (!device_.empty() && device == 0) return;
  for (const EventFact* event : call.events()) {
    if (device == 0 || event->device == device) events_.push_back(see(call, *event));
  }
}

void Scene::tell_types() {
  for (const Seen& seen : events_) {
    const std::string_view type = seen.facts().text(seen.event->type);
    const auto known = static_cast<std::size_t>(std::ranges::find(types_, type) - types_.begin());
    if (known == types_.size()) {
      types_.push_back(type);
      by_type_.emplace_back();
    }
    by_type_[known].push_back(seen);
  }
}

const Matches& Scene::matches(const RuleSpec& rule, const Pattern& pattern) const {
  const Matches*& matched = matched_[pattern.number];
  if (matched != nullptr) return *matched;
  std::pmr::polymorphic_allocator<> allocator(&memory_);
  auto& found = *allocator.new_object<std::pmr::vector<Seen>>();
  add_matches(pattern, rule.legs, *this, found);
  auto& keys = *allocator.new_object<std::pmr::vector<std::string_view>>();
  if (!rule.same.empty()) {
    keys.reserve(found.size());
    std::string key;
    for (const Seen& seen : found) {
      key.clear();
      append_key(rule.same, seen, key);
      keys.push_back(keep(key));
    }
  }
  matched = allocator.new_object<Matches>(Matches{found, keys});
  return *matched;
}

std::string_view Scene::keep(std::string_view text) const {
  auto* const kept = static_cast<char*>(memory_.allocate(text.size(), alignof(char)));
  std::memcpy(kept, text.data(), text.size());
  return {kept, text.size()};
}

}  // namespace hookledger::rules
