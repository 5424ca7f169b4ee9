#include "ingest/own_event.h"

#include "ingest/intake.h"
#include "schemas/sources/event_readers.h"

namespace hookledger {

Append own_event(std::string_view body, Time now, std::uint32_t partitions) {
  constexpr std::string_view kKind = "standard";
  const auto reader = make_event_reader(kKind);
  Evidence evidence;
  evidence.source = "hookledger";
  evidence.kind = kKind;
  evidence.content_type = "application/cloudevents+json";
  evidence.received_at = now;
  evidence.provenance = Provenance::kSynthetic;
  return take_in(*reader, evidence, body, partitions).append;
}

}  // namespace hookledger
