#pragma once

#include <optional>
#include <span>
#include <string>

#include "projector/rules/rule_spec.h"
#include "projector/rules/seen.h"

namespace hookledger::rules {

/// The field of a known event, read as `type`. Nothing when it is absent or cannot be read so.
std::optional<Literal> read_field(const Field& field, Type type, const Seen& seen);

/// Empty when it is absent.
std::string read_text(const Field& field, const Seen& seen);

bool holds(std::span<const Comparison> comparisons, const Seen& seen);

/// Appends what is equal for events that go together by these fields.
void append_key(std::span<const Field> fields, const Seen& seen, std::string& key);

}  // namespace hookledger::rules
