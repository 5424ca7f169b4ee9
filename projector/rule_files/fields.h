#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "projector/rules/rule_spec.h"

namespace hookledger::rules {

/// A field as rule files write it: `/platform`, `device_id`, `call.ended_at`. Nothing for any other text.
std::optional<Field> parse_field(std::string_view text);
std::string to_string(const Field& field);

/// The type that a field of the event or call has by itself; nothing for a pointer.
std::optional<Type> type_of(const Field& field);
std::string_view to_string(Type type);  ///< With an article: `a number`.

/// Is it of the call that an event belongs to, not of the event?
bool of_call(const Field& field);

/// The names of fields beside pointers, or of those of an event alone.
std::vector<std::string_view> field_names(bool event_only);

/// RFC 6901, not empty: every `~` is `~0` or `~1`.
bool is_pointer(std::string_view text);

}  // namespace hookledger::rules
