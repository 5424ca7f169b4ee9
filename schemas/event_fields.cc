#include "schemas/event_fields.h"

#include <algorithm>
#include <tuple>

#include "schemas/codec.h"

namespace hookledger {
namespace {

constexpr std::uint8_t kVersion = 1;

}  // namespace

void FieldValues::add(std::uint32_t slot, FieldValue::Kind kind, std::string_view text) {
  text = text.substr(0, kTextBytesMax);
  values_.push_back({slot, kind, static_cast<std::uint32_t>(texts_.size()), static_cast<std::uint32_t>(text.size())});
  texts_.append(text);
}

void FieldValues::clear() {
  values_.clear();
  texts_.clear();
}

FieldValue FieldValues::operator[](std::size_t i) const {
  const Value& value = values_[i];
  return {value.slot, value.kind, std::string_view(texts_).substr(value.begin, value.bytes)};
}

void EventFields::add(std::uint64_t offset, const FieldValues& values) {
  if (!entries_.empty() && offset <= entries_.back().offset) return;
  const auto first = static_cast<std::ptrdiff_t>(entries_.size());
  for (std::size_t i = 0; i < values.size(); ++i) append(offset, values[i]);
  std::ranges::sort(entries_.begin() + first, entries_.end(), {}, &Entry::slot);
}

void EventFields::add_from(const EventFields& others, std::uint64_t offset) {
  for (const Entry& entry : others.entries_) {
    if (entry.offset == offset) append(offset, others.value(entry));
  }
}

std::optional<FieldValue> EventFields::find(std::uint64_t offset, std::uint32_t slot) const {
  const auto place = [](const Entry& entry) { return std::tuple(entry.offset, entry.slot); };
  const auto found = std::ranges::lower_bound(entries_, std::tuple(offset, slot), {}, place);
  if (found == entries_.end() || place(*found) != std::tuple(offset, slot)) return std::nullopt;
  return value(*found);
}

void EventFields::clear() {
  entries_.clear();
  texts_.clear();
}

void EventFields::append(std::uint64_t offset, const FieldValue& value) {
  entries_.push_back({offset, value.slot, value.kind, texts_.size(), value.text.size()});
  texts_.append(value.text);
}

FieldValue EventFields::value(const Entry& entry) const {
  return {entry.slot, entry.kind, std::string_view(texts_).substr(entry.begin, entry.bytes)};
}

void EventFields::encode_to(std::string& out) const {
  out.clear();
  Encoder encoder(out);
  encoder.fixed(kVersion);
  encoder.varint(entries_.size());
  std::uint64_t offset = 0;
  for (const Entry& entry : entries_) {
    encoder.varint(entry.offset - offset);
    encoder.varint(entry.slot);
    encoder.fixed(static_cast<std::uint8_t>(entry.kind));
    encoder.string(value(entry).text);
    offset = entry.offset;
  }
}

Result<EventFields> EventFields::decode(std::string_view bytes) {
  const Error damaged{ErrorCode::kCorruption, "stored fields of events are damaged: rebuild the projection"};
  Decoder decoder(bytes);
  if (decoder.fixed<std::uint8_t>() != kVersion) return damaged;
  const std::uint64_t count = decoder.varint();
  if (count > decoder.left()) return damaged;
  EventFields fields;
  std::uint64_t offset = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    offset += decoder.varint();
    FieldValue value;
    value.slot = static_cast<std::uint32_t>(decoder.varint());
    const auto kind = decoder.fixed<std::uint8_t>();
    if (kind > static_cast<std::uint8_t>(FieldValue::Kind::kBoolean)) return damaged;
    value.kind = static_cast<FieldValue::Kind>(kind);
    value.text = decoder.string();
    fields.append(offset, value);
  }
  if (!decoder.ok() || !decoder.done()) return damaged;
  return fields;
}

}  // namespace hookledger
