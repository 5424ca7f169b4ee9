#include "schemas/call_facts.h"
#include "tests/fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hookledger;
  const auto facts = CallFacts::decode("call", as_text(data, size));
  if (!facts) return 0;
  for (const EventFact& event : facts->events()) {
    for (const Text text : {event.id, event.type, event.leg, event.source, event.urls}) (void)facts->text(text);
  }
  const std::string bytes = facts->encode();
  const auto again = CallFacts::decode("call", bytes);
  require(again.has_value() && again->encode() == bytes, "facts that were read are written so that they read the same");
  return 0;
}
