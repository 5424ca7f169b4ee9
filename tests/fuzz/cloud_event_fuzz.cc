#include "schemas/cloud_event.h"
#include "tests/fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hookledger;
  const auto event = parse_cloud_event(as_text(data, size));
  if (!event) return 0;
  RecordView record;
  record.id = event->id;
  record.source = event->source;
  record.type = event->type;
  record.key = event->id;
  record.body = event->body;
  record.provenance = event->provenance;
  const auto again = parse_cloud_event(to_cloud_event(record, Place{}));
  require(again.has_value() && again->body == event->body,
          "an event that was read is written so that it reads the same");
  return 0;
}
