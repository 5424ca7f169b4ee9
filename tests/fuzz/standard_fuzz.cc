// Input: the headers ce-specversion, ce-type, ce-time and content-type and the webhook-id, a line each, and the body.

#include <array>

#include "schemas/crypto.h"
#include "schemas/sources/standard.h"
#include "tests/fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hookledger;
  static const auto reader = (init_crypto(), make_standard_reader());

  std::string_view rest = as_text(data, size);
  std::array<std::string_view, 5> lines;
  for (std::string_view& line : lines) {
    line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  }
  const ToldEvent told = reader->told([&](std::string_view name) {
    return name == "ce-specversion" ? lines[0]
           : name == "ce-type"      ? lines[1]
           : name == "ce-time"      ? lines[2]
           : name == "content-type" ? lines[3]
                                    : std::string_view("x");
  });
  const EventBody body{.bytes = rest,
                       .content_type = lines[3],
                       .signed_with = lines[4],
                       .type = told.type,
                       .occurred_at = told.occurred_at};
  const EventHead head = reader->head(body);
  require(!head.id.empty() && !head.type.empty(), "every event has an id and a type");
  if (head.type == kUnrecognisedType) {
    require(head.call_id.empty() && head.device_id.empty(), "what is not understood belongs to nothing");
    return 0;
  }
  // As the record tells it later.
  RecordView record;
  record.type = head.type;
  record.signed_with = lines[4];
  record.body = rest;
  record.timed = head.occurred_at.has_value();
  record.occurred_at = head.occurred_at.value_or(Time());
  const EventHead again = reader->head(body_of(record));
  require(again.id == head.id && again.type == head.type && again.call_id == head.call_id &&
              again.occurred_at == head.occurred_at,
          "a record is read as it was at the door");
  const EventDetail detail = reader->detail(body_of(record), head.type);
  require(detail.telemetry && detail.organization_id.empty() && detail.device_id == head.device_id, "as its head");
  return 0;
}
