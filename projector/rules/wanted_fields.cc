#include "projector/rules/wanted_fields.h"

#include <algorithm>

#include "projector/rules/each_pattern.h"
#include "schemas/crypto.h"

namespace hookledger::rules {
namespace {

constexpr std::string_view kOrganizationPointer = "/organization_id";

/// The pointers in a template's placeholders.
void add_shown(std::string_view text, std::vector<Field>& shown) {
  while (true) {
    const std::size_t open = text.find("{/"), close = text.find('}', open);
    if (open == std::string_view::npos || close == std::string_view::npos) return;
    Field field{.name = Field::kPointer, .pointer = std::string(text.substr(open + 1, close - open - 1))};
    if (std::ranges::find(shown, field.pointer, &Field::pointer) == shown.end()) shown.push_back(std::move(field));
    text.remove_prefix(close + 1);
  }
}

}  // namespace

WantedFields::WantedFields(std::vector<RuleSpec>& rules) {
  for (RuleSpec& rule : rules) add(rule);
}

void WantedFields::add(RuleSpec& rule) {
  rule.shown.clear();
  add_shown(rule.summary, rule.shown);
  add_shown(rule.action, rule.shown);
  std::vector<Field*> shared;
  for (Field& field : rule.same) shared.push_back(&field);
  for (Field& field : rule.shown) shared.push_back(&field);
  for (std::optional<Field>* field : {&rule.due, &rule.by, &rule.distinct, &rule.per}) {
    if (*field) shared.push_back(&**field);
  }
  if (rule.scope == Scope::kDevice || rule.scope == Scope::kOrganization) shared.push_back(&rule.organization);
  for_each_pattern(rule, [&](Pattern& pattern) {
    if (pattern.what != Pattern::kEvent) return;
    std::vector<Field*> fields = shared;
    for (Comparison& comparison : pattern.where) {
      fields.push_back(&comparison.field);
      if (comparison.other) fields.push_back(&*comparison.other);
    }
    add(fields, rule.enabled ? pattern.types : std::vector<std::string>());
  });
}

void WantedFields::add(const std::vector<Field*>& fields, const std::vector<std::string>& types) {
  for (Field* field : fields) {
    const bool of_telemetry_only = field->name == Field::kOrganizationId;
    if (field->name != Field::kPointer && !of_telemetry_only) continue;
    if (types.empty()) continue;
    field->slot = slot_of(of_telemetry_only ? std::string(kOrganizationPointer) : field->pointer);
    for (const std::string& type : types) {
      const bool any = type.ends_with('*');
      Wishes& wishes = any ? by_prefix_[type.substr(0, type.size() - 1)] : by_type_[type];
      wishes.push_back({field->slot, of_telemetry_only});
      of_telemetry_.add(type, field->slot);
      if (!of_telemetry_only) of_provider_.add(type, field->slot);
    }
  }
}

std::uint32_t WantedFields::slot_of(const std::string& pointer) {
  const auto known = std::ranges::find(pointers_, pointer);
  if (known == pointers_.end()) {
    pointers_.push_back(pointer);
    return static_cast<std::uint32_t>(pointers_.size() - 1);
  }
  return static_cast<std::uint32_t>(known - pointers_.begin());
}

std::string WantedFields::fingerprint() const {
  Digest digest;
  for (const std::string& pointer : pointers_) digest.add(pointer);
  for (const auto* wishes : {&by_type_, &by_prefix_}) {
    digest.add("types");
    for (const auto& [type, slots] : *wishes) {
      digest.add(type);
      for (const Wish& wish : slots) digest.add(std::to_string(wish.slot) + (wish.of_telemetry_only ? "t" : ""));
    }
  }
  return digest.hex();
}

}  // namespace hookledger::rules
