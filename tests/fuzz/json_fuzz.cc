#include "schemas/json.h"
#include "tests/fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hookledger;
  const std::string_view text = as_text(data, size);
  if (!is_json(text)) return 0;
  const std::string small = minify_json(text);
  require(is_json(small) && small.size() <= text.size(), "minified JSON is JSON, and not longer");
  require(minify_json(small) == small, "minifying twice changes nothing");
  return 0;
}
