#include "projector/rule_files/fields.h"

#include <algorithm>
#include <array>

namespace hookledger::rules {
namespace {

struct Named {
  std::string_view text;
  Field::Name name;
  Type type;
};

constexpr std::array<Named, 17> kNames = {{
    {"type", Field::kType, Type::kText},
    {"source", Field::kSource, Type::kText},
    {"provenance", Field::kProvenance, Type::kText},
    {"call_id", Field::kCallId, Type::kText},
    {"leg_id", Field::kLegId, Type::kText},
    {"device_id", Field::kDeviceId, Type::kText},
    {"organization_id", Field::kOrganizationId, Type::kText},
    {"direction", Field::kDirection, Type::kText},
    {"from", Field::kFrom, Type::kText},
    {"to", Field::kTo, Type::kText},
    {"hangup_cause", Field::kHangupCause, Type::kText},
    {"occurred_at", Field::kOccurredAt, Type::kTime},
    {"received_at", Field::kReceivedAt, Type::kTime},
    {"lag", Field::kLag, Type::kDuration},
    {"call.organization_id", Field::kCallOrganizationId, Type::kText},
    {"call.ended_at", Field::kCallEndedAt, Type::kTime},
    {"call.answered_at", Field::kCallAnsweredAt, Type::kTime},
}};

}  // namespace

std::optional<Field> parse_field(std::string_view text) {
  if (is_pointer(text)) return Field{Field::kPointer, std::string(text)};
  const auto* const named = std::ranges::find(kNames, text, &Named::text);
  if (named == kNames.end()) return std::nullopt;
  return Field{named->name, {}};
}

std::string to_string(const Field& field) {
  if (field.name == Field::kPointer) return field.pointer;
  const auto* const named = std::ranges::find(kNames, field.name, &Named::name);
  return std::string(named->text);
}

std::optional<Type> type_of(const Field& field) {
  if (field.name == Field::kPointer) return std::nullopt;
  return std::ranges::find(kNames, field.name, &Named::name)->type;
}

std::string_view to_string(Type type) {
  switch (type) {
    case Type::kText: return "text";
    case Type::kNumber: return "a number";
    case Type::kBoolean: return "true or false";
    case Type::kTime: return "a time";
    case Type::kDuration: return "a duration";
  }
  return {};
}

bool of_call(const Field& field) { return field.name >= Field::kCallOrganizationId; }

std::vector<std::string_view> field_names(bool event_only) {
  std::vector<std::string_view> names;
  for (const Named& named : kNames) {
    if (!event_only || named.name < Field::kCallOrganizationId) names.push_back(named.text);
  }
  return names;
}

bool is_pointer(std::string_view text) {
  if (!text.starts_with('/')) return false;
  for (std::size_t at = text.find('~'); at != std::string_view::npos; at = text.find('~', at + 1)) {
    if (at + 1 == text.size() || (text[at + 1] != '0' && text[at + 1] != '1')) return false;
  }
  return true;
}

}  // namespace hookledger::rules
