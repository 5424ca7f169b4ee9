#include "schemas/record.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "schemas/codec.h"

namespace hookledger {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kInCall = 1;
constexpr std::uint8_t kTimed = 2;
constexpr std::uint8_t kNamesKind = 4;
constexpr std::uint8_t kFetched = 8;
constexpr std::size_t kChecksumBytes = 8;

Time from_micros(std::int64_t micros) { return Time(std::chrono::microseconds(micros)); }

Error damaged(const char* what) { return {ErrorCode::kCorruption, std::string("record is damaged: ") + what}; }

}  // namespace

std::string_view to_string(Provenance provenance) {
  switch (provenance) {
    case Provenance::kDelivered: return "delivered";
    case Provenance::kImported: return "imported";
    case Provenance::kRecovered: return "recovered";
    case Provenance::kSynthetic: return "synthetic";
  }
  return "delivered";
}

std::optional<Provenance> parse_provenance(std::string_view text) {
  for (const auto value :
       {Provenance::kDelivered, Provenance::kImported, Provenance::kRecovered, Provenance::kSynthetic}) {
    if (to_string(value) == text) return value;
  }
  return std::nullopt;
}

std::string encode_record(const RecordView& record) {
  std::string out;
  out.reserve(96 + record.id.size() + record.source.size() + record.type.size() + record.leg_id.size() +
              record.key.size() + record.content_type.size() + record.signature.size() + record.signed_at.size() +
              record.key_id.size() + record.kind.size() + record.signed_with.size() + record.recovered_from.size() +
              record.body.size());
  Encoder encoder(out);
  encoder.fixed<std::uint64_t>(0);
  encoder.fixed(kVersion);
  encoder.fixed(static_cast<std::uint8_t>(record.provenance));
  const bool names_kind = !record.kind.empty() || !record.signed_with.empty();
  encoder.fixed(static_cast<std::uint8_t>((record.in_call ? kInCall : 0) | (record.timed ? kTimed : 0) |
                                          (names_kind ? kNamesKind : 0) |
                                          (record.recovered_from.empty() ? 0 : kFetched)));
  encoder.fixed<std::uint8_t>(0);
  encoder.fixed<std::int64_t>(record.occurred_at.time_since_epoch().count());
  encoder.fixed<std::int64_t>(record.received_at.time_since_epoch().count());
  encoder.fixed(record.attempt);
  for (const auto text : {record.id, record.source, record.type, record.leg_id, record.key, record.content_type,
                          record.signature, record.signed_at, record.key_id}) {
    encoder.string(text);
  }
  if (names_kind) {
    encoder.string(record.kind);
    encoder.string(record.signed_with);
  }
  if (!record.recovered_from.empty()) encoder.string(record.recovered_from);
  encoder.string(record.body);
  const std::uint64_t checksum = XXH3_64bits(out.data() + kChecksumBytes, out.size() - kChecksumBytes);
  std::memcpy(out.data(), &checksum, sizeof checksum);
  return out;
}

Result<RecordView> decode_record(std::string_view bytes) {
  Decoder decoder(bytes);
  const auto checksum = decoder.fixed<std::uint64_t>();
  if (!decoder.ok()) return damaged("it is too short");
  if (checksum != XXH3_64bits(bytes.data() + kChecksumBytes, bytes.size() - kChecksumBytes)) {
    return damaged("its checksum does not match its bytes");
  }
  if (const auto version = decoder.fixed<std::uint8_t>(); version != kVersion) return damaged("unknown format version");
  const auto provenance = decoder.fixed<std::uint8_t>();
  const auto flags = decoder.fixed<std::uint8_t>();
  const auto reserved = decoder.fixed<std::uint8_t>();
  if (provenance > static_cast<std::uint8_t>(Provenance::kSynthetic) ||
      (flags & ~(kInCall | kTimed | kNamesKind | kFetched)) != 0 || reserved != 0) {
    return damaged("unknown provenance or flags");
  }
  RecordView record;
  record.provenance = static_cast<Provenance>(provenance);
  record.in_call = (flags & kInCall) != 0;
  record.timed = (flags & kTimed) != 0;
  record.occurred_at = from_micros(decoder.fixed<std::int64_t>());
  record.received_at = from_micros(decoder.fixed<std::int64_t>());
  record.attempt = decoder.fixed<std::uint32_t>();
  for (auto* text : {&record.id, &record.source, &record.type, &record.leg_id, &record.key, &record.content_type,
                     &record.signature, &record.signed_at, &record.key_id}) {
    *text = decoder.string();
  }
  if ((flags & kNamesKind) != 0) {
    record.kind = decoder.string();
    record.signed_with = decoder.string();
  }
  if ((flags & kFetched) != 0) record.recovered_from = decoder.string();
  record.body = decoder.string();
  if (!decoder.ok() || !decoder.done()) return damaged("its fields do not fit its length");
  if (record.id.empty() || record.source.empty() || record.type.empty() || record.key.empty()) {
    return damaged("a field that must not be empty is empty");
  }
  return record;
}

}  // namespace hookledger
