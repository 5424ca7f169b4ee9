#include "ingest/intake.h"

#include <algorithm>

namespace hookledger {
namespace {

constexpr std::size_t kContentTypeBytesMax = 16 * 1024;  // A request's head has no more.

/// As it came when it is printable ASCII, so that every record can leave as JSON and as a CloudEvent, which takes no
/// control characters.
std::string_view safe_content_type(std::string_view text) {
  const bool safe = !text.empty() && text.size() <= kContentTypeBytesMax &&
                    std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
  return safe ? text : "application/octet-stream";
}

}  // namespace

Intake take_in(EventReader& reader, const Evidence& evidence, std::string_view body, std::uint32_t partitions) {
  const std::string_view content_type = safe_content_type(evidence.content_type);
  Intake intake{reader.head({.bytes = body,
                             .content_type = content_type,
                             .signed_with = evidence.signed_with,
                             .type = evidence.told.type,
                             .occurred_at = evidence.told.occurred_at}),
                {}};
  const EventHead& head = intake.head;
  RecordView record;
  record.id = head.id;
  record.source = evidence.source;
  record.type = head.type;
  record.leg_id = head.leg_id;
  record.in_call = !head.call_id.empty();
  record.key = record.in_call ? head.call_id : !head.device_id.empty() ? head.device_id : head.id;
  record.content_type = content_type;
  record.signature = evidence.signature;
  record.signed_at = evidence.signed_at;
  record.key_id = evidence.key_id;
  if (evidence.kind != kDefaultKind) record.kind = evidence.kind;
  record.signed_with = evidence.signed_with;
  record.timed = head.occurred_at.has_value();
  record.occurred_at = head.occurred_at.value_or(evidence.received_at);
  record.received_at = evidence.received_at;
  record.attempt = head.attempt;
  record.provenance = evidence.provenance;
  record.recovered_from = evidence.recovered_from;
  record.body = body;
  intake.append = make_append(record, encode_record(record), partition_of(record.key, partitions));
  return intake;
}

Result<void> remember_keys(EventLog& log, const Sources& sources) {
  for (const Source& source : sources.all()) {
    for (const SourceKey& key : source.keys) {
      if (key.public_key() == nullptr) continue;
      if (auto remembered = log.remember_key(key.public_key()->bytes()); !remembered) return remembered;
    }
  }
  return {};
}

}  // namespace hookledger
