#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/error.h"

namespace hookledger {

/// A scalar that an event carries, as text: a JSON string's content, a number in its shortest form, `true` or `false`.
struct FieldValue {
  enum class Kind : std::uint8_t { kText = 0, kNumber = 1, kBoolean = 2 };  ///< Stored: never renumber.

  std::uint32_t slot = 0;  ///< Which of the fields that were asked for.
  Kind kind = Kind::kText;
  std::string text;
};

/// The values that rules need of a call's events and that the facts do not have, by offset and slot. They depend on the
/// rules, so they are kept apart from the facts, and are no part of the call's state. Layout: schemas/call_facts.md.
class EventFields {
 public:
  /// Longer texts are cut, wherever that is.
  static constexpr std::size_t kTextBytesMax = 1024;

  /// Offsets must be added in order; those of an event that is known change nothing.
  void add(std::uint64_t offset, std::vector<FieldValue> values);
  /// All that `others` has of the event.
  void add_from(const EventFields& others, std::uint64_t offset);
  /// Null when the event has none in the slot.
  const FieldValue* find(std::uint64_t offset, std::uint32_t slot) const;
  bool empty() const { return values_.empty(); }
  void clear() { values_.clear(); }

  void encode_to(std::string& out) const;
  static Result<EventFields> decode(std::string_view bytes);

 private:
  struct Entry {
    std::uint64_t offset = 0;
    FieldValue value;
  };

  std::vector<Entry> values_;  ///< By (offset, slot).
};

}  // namespace hookledger
