#include "schemas/json.h"
#include "schemas/text.h"
#include "tests/fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hookledger;
  const std::string_view text = as_text(data, size);
  require(decode_base64(encode_base64(text)) == text, "base64 gives back what went in");
  if (const auto bytes = decode_base64(text)) {
    require(encode_base64(*bytes) == text, "canonical base64 has one spelling");
  }
  decode_base64(text, false);
  parse_unsigned(text);
  parse_bytes(text);
  const std::string shown = printable(text);
  for (const char c : shown) require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f, "nothing acts on a terminal");

  JsonWriter out;
  out.string(text);
  require(is_json(out.view()), "any bytes can be written as a JSON string");
  require(printable(out.view()) == out.view(), "nothing in it acts on a terminal");
  return 0;
}
