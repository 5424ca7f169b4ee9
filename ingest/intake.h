#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ingest/log/event_log.h"
#include "ingest/sources.h"
#include "schemas/event.h"
#include "schemas/record.h"

namespace hookledger {

/// What we know of a body beside itself when it enters. Empty strings are absent.
struct Evidence {
  std::string_view source, content_type, signature, signed_at, key_id;
  Time received_at;
  Provenance provenance = Provenance::kDelivered;
  std::string_view kind = kDefaultKind;  ///< Of the source.
  std::string_view signed_with = {};     ///< `RecordView::signed_with`.
  std::string_view recovered_from = {};  ///< `RecordView::recovered_from`.
  ToldEvent told = {};                   ///< What the headers told, or the record before it was exported.
};

struct Intake {
  EventHead head;
  Append append;  ///< Without observer and token.
};

/// Makes the append of a body that may enter the log: names the event, encodes the record, chooses the partition.
/// Every way into the log goes through here. Pure but for the reader's buffers.
Intake take_in(EventReader& reader, const Evidence& evidence, std::string_view body, std::uint32_t partitions);

/// Puts the public keys of the sources, never a secret, into the log's keyring: before anything that they verify is
/// appended.
Result<void> remember_keys(EventLog& log, const Sources& sources);

}  // namespace hookledger
