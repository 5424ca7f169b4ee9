#include "schemas/crypto.h"
#include "schemas/json.h"
#include "schemas/record.h"
#include "schemas/sources/telnyx.h"
#include "tests/fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hookledger;
  static const bool ready = (init_crypto(), true);
  static const auto reader = make_telnyx_reader();
  require(ready && reader, "the reader starts");

  const std::string_view body = as_text(data, size);
  const EventHead head = reader->head({body});
  require(!head.id.empty() && !head.type.empty(), "every body has an id and a type");
  if (head.type == kUnrecognisedType) return 0;
  require(is_json(body), "what is recognised is JSON");
  const EventDetail detail = reader->detail({body}, head.type);
  if (detail.effect == Effect::kRecording) {
    require(is_json(detail.urls.empty() ? "{}" : detail.urls), "the addresses of a recording are a JSON object");
  }
  return 0;
}
