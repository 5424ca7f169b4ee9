// Whatever a provider's API answers: no crash, and what is taken out of it makes bodies that are read as events.
#include "replay/recovery/telnyx_answers.h"
#include "schemas/json.h"
#include "schemas/record.h"
#include "schemas/sources/telnyx.h"
#include "tests/fuzz/input.h"

using namespace hookledger;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static const auto reader = make_telnyx_reader();
  for (const auto& page : {read_webhook_deliveries(text), read_call_events(text)}) {
    if (!page) continue;
    require(page->events.size() + page->unreadable <= page->items, "more events than items");
    for (const FetchedEvent& event : page->events) {
      const std::string body = recovered_body(event);
      require(is_json(body), "a recovered body is no JSON");
      const EventHead head = reader->head({.bytes = body});
      require(head.type != kUnrecognisedType, "a recovered body is not recognised");
      require(head.id == event.event_id(), "a recovered body has another id");
    }
  }
  const LegState leg = read_leg_state(text, {});
  require(leg.liveness != Liveness::kEnded || leg.ended_at.has_value(), "ended, and nobody knows when");
  (void)read_active_calls(text);
  return 0;
}
