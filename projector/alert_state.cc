#include "projector/alert_state.h"

#include "schemas/codec.h"
#include "schemas/json.h"

namespace hookledger {
namespace {

constexpr char kFormat = 'M', kProgress = 'P', kMessage = 'Q', kTold = 'F';

template <class T>
void append_big_endian(std::string& out, T value) {
  for (std::size_t i = sizeof value; i > 0; --i) out.push_back(static_cast<char>(value >> (8 * (i - 1)) & 0xff));
}

std::uint64_t read_big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

void encode_offsets(Encoder& encoder, const AlertProgress::Offsets& offsets) {
  encoder.varint(offsets.size());
  for (const auto& [partition, offset] : offsets) {
    encoder.varint(partition);
    encoder.varint(offset);
  }
}

AlertProgress::Offsets decode_offsets(Decoder& decoder) {
  AlertProgress::Offsets offsets;
  const std::uint64_t count = decoder.varint();
  for (std::uint64_t i = 0; i < count && decoder.ok(); ++i) {
    const auto partition = static_cast<std::uint32_t>(decoder.varint());
    offsets[partition] = decoder.varint();
  }
  return offsets;
}

Time decode_time(Decoder& decoder) { return Time(Duration(decoder.fixed<std::int64_t>())); }

}  // namespace

namespace alert_key {

std::string format() { return std::string(1, kFormat); }
std::string progress() { return std::string(1, kProgress); }
std::string messages() { return std::string(1, kMessage); }
std::string message(std::uint64_t number) {
  std::string key(1, kMessage);
  append_big_endian(key, number);
  return key;
}
std::string told() { return std::string(1, kTold); }
std::string told_of(std::string_view subject) {
  std::string key(1, kTold);
  append_big_endian(key, static_cast<std::uint32_t>(subject.size()));
  return key.append(subject);
}

}  // namespace alert_key

std::optional<std::uint64_t> parse_message_key(std::string_view key) {
  if (key.size() != 1 + sizeof(std::uint64_t)) return std::nullopt;
  return read_big_endian(key.substr(1));
}

std::optional<ToldKey> parse_told_key(std::string_view key) {
  constexpr std::size_t kHead = 1 + sizeof(std::uint32_t);
  if (key.size() < kHead) return std::nullopt;
  const auto size = read_big_endian(key.substr(1, sizeof(std::uint32_t)));
  key.remove_prefix(kHead);
  if (size > key.size()) return std::nullopt;
  return ToldKey{key.substr(0, size), key.substr(size)};
}

std::string encode(const ToldFinding& told) {
  std::string bytes;
  Encoder encoder(bytes);
  encoder.fixed(static_cast<std::uint8_t>(told.open ? 1 : 0));
  encoder.fixed(static_cast<std::uint8_t>(told.severity));
  encoder.varint(told.openings);
  encoder.varint(told.number);
  encoder.string(told.rule);
  encoder.string(told.taken_back);
  return bytes;
}

std::optional<ToldFinding> decode_told(std::string_view bytes) {
  Decoder decoder(bytes);
  ToldFinding told;
  told.open = decoder.fixed<std::uint8_t>() != 0;
  const auto severity = decoder.fixed<std::uint8_t>();
  told.openings = decoder.varint();
  told.number = decoder.varint();
  told.rule = decoder.string();
  told.taken_back = decoder.string();
  if (!decoder.ok() || !decoder.done() || severity > static_cast<std::uint8_t>(Severity::kCritical))
    return std::nullopt;
  if (!told.taken_back.empty() && !is_json(told.taken_back)) return std::nullopt;
  told.severity = static_cast<Severity>(severity);
  return told;
}

std::string encode(const StoredProgress& stored) {
  const AlertProgress& progress = stored.progress;
  std::string bytes;
  Encoder encoder(bytes);
  encoder.varint(stored.last);
  encoder.fixed(std::int64_t{progress.at.time_since_epoch().count()});
  encoder.fixed(std::int64_t{progress.past_at.time_since_epoch().count()});
  encode_offsets(encoder, progress.offsets);
  encode_offsets(encoder, progress.past_offsets);
  encoder.fixed(static_cast<std::uint8_t>(progress.told_then ? 1 : 0));
  encoder.varint(progress.openings);
  encoder.varint(progress.subjects.size());
  for (const auto& [partition, past] : progress.subjects) {
    encoder.varint(partition);
    encoder.fixed(std::int64_t{past.at.time_since_epoch().count()});
    encoder.fixed(static_cast<std::uint8_t>(past.told ? 1 : 0));
  }
  return bytes;
}

std::optional<StoredProgress> decode_progress(std::string_view bytes) {
  Decoder decoder(bytes);
  StoredProgress stored;
  stored.last = decoder.varint();
  stored.progress.at = decode_time(decoder);
  stored.progress.past_at = decode_time(decoder);
  stored.progress.offsets = decode_offsets(decoder);
  stored.progress.past_offsets = decode_offsets(decoder);
  if (decoder.ok() && !decoder.done()) {
    stored.progress.told_then = decoder.fixed<std::uint8_t>() != 0;
    stored.progress.openings = decoder.varint();
    const std::uint64_t count = decoder.varint();
    for (std::uint64_t i = 0; i < count && decoder.ok(); ++i) {
      SubjectsPast& past = stored.progress.subjects[static_cast<std::uint32_t>(decoder.varint())];
      past.at = decode_time(decoder);
      past.told = decoder.fixed<std::uint8_t>() != 0;
    }
  }
  if (!decoder.ok() || !decoder.done()) return std::nullopt;
  return stored;
}

}  // namespace hookledger
