#pragma once

#include <cstdint>
#include <optional>
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
  std::string_view text;  ///< Lives as long as what holds it is not changed.
};

/// What one event carries, of each slot at most one value.
class FieldValues {
 public:
  /// Longer texts are cut, wherever that is.
  static constexpr std::size_t kTextBytesMax = 1024;

  void add(std::uint32_t slot, FieldValue::Kind kind, std::string_view text);
  void clear();
  bool empty() const { return values_.empty(); }
  std::size_t size() const { return values_.size(); }
  FieldValue operator[](std::size_t i) const;

 private:
  struct Value {
    std::uint32_t slot = 0;
    FieldValue::Kind kind = FieldValue::Kind::kText;
    std::uint32_t begin = 0, bytes = 0;  ///< Of `texts_`.
  };

  std::vector<Value> values_;
  std::string texts_;
};

/// The values that rules need of a call's events and that the facts do not have, by offset and slot. They depend on the
/// rules, so they are kept apart from the facts, and are no part of the call's state. Layout: schemas/call_facts.md.
class EventFields {
 public:
  /// Offsets must be added in order; those of an event that is known change nothing.
  void add(std::uint64_t offset, const FieldValues& values);
  /// All that `others` has of the event.
  void add_from(const EventFields& others, std::uint64_t offset);
  /// Nothing when the event has none in the slot.
  std::optional<FieldValue> find(std::uint64_t offset, std::uint32_t slot) const;
  bool empty() const { return entries_.empty(); }
  void clear();

  void encode_to(std::string& out) const;
  static Result<EventFields> decode(std::string_view bytes);

 private:
  struct Entry {
    std::uint64_t offset = 0;
    std::uint32_t slot = 0;
    FieldValue::Kind kind = FieldValue::Kind::kText;
    std::size_t begin = 0, bytes = 0;  ///< Of `texts_`.
  };

  void append(std::uint64_t offset, const FieldValue& value);
  FieldValue value(const Entry& entry) const;

  std::vector<Entry> entries_;  ///< By (offset, slot).
  std::string texts_;           ///< Of all of them: most texts are too long for a string to need no memory.
};

}  // namespace hookledger
