#include "schemas/event_fields.h"

#include <algorithm>
#include <tuple>

#include "schemas/codec.h"

namespace hookledger {
namespace {

constexpr std::uint8_t kVersion = 1;

}  // namespace

void EventFields::add(std::uint64_t offset, std::vector<FieldValue> values) {
  if (!values_.empty() && offset <= values_.back().offset) return;
  std::ranges::sort(values, {}, &FieldValue::slot);
  for (FieldValue& value : values) {
    if (value.text.size() > kTextBytesMax) value.text.resize(kTextBytesMax);
    values_.push_back({offset, std::move(value)});
  }
}

void EventFields::add_from(const EventFields& others, std::uint64_t offset) {
  for (const Entry& entry : others.values_) {
    if (entry.offset == offset) values_.push_back(entry);
  }
}

const FieldValue* EventFields::find(std::uint64_t offset, std::uint32_t slot) const {
  const auto place = [](const Entry& entry) { return std::tuple(entry.offset, entry.value.slot); };
  const auto found = std::ranges::lower_bound(values_, std::tuple(offset, slot), {}, place);
  return found == values_.end() || place(*found) != std::tuple(offset, slot) ? nullptr : &found->value;
}

void EventFields::encode_to(std::string& out) const {
  out.clear();
  Encoder encoder(out);
  encoder.fixed(kVersion);
  encoder.varint(values_.size());
  std::uint64_t offset = 0;
  for (const Entry& entry : values_) {
    encoder.varint(entry.offset - offset);
    encoder.varint(entry.value.slot);
    encoder.fixed(static_cast<std::uint8_t>(entry.value.kind));
    encoder.string(entry.value.text);
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
    Entry entry;
    entry.offset = offset = offset + decoder.varint();
    entry.value.slot = static_cast<std::uint32_t>(decoder.varint());
    const auto kind = decoder.fixed<std::uint8_t>();
    if (kind > static_cast<std::uint8_t>(FieldValue::Kind::kBoolean)) return damaged;
    entry.value.kind = static_cast<FieldValue::Kind>(kind);
    entry.value.text = decoder.string();
    fields.values_.push_back(std::move(entry));
  }
  if (!decoder.ok() || !decoder.done()) return damaged;
  return fields;
}

}  // namespace hookledger
