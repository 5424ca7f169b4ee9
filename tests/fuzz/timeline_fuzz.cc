#include "replay/timeline.h"
#include "schemas/json.h"
#include "tests/fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hookledger;
  const auto timeline = parse_timeline(as_text(data, size));
  if (!timeline) return 0;
  JsonWriter out;
  write_json(out, *timeline);
  require(is_json(out.view()), "a timeline is JSON");
  const std::string text = render_text(*timeline, false, 80);
  require(text.find('\x1b') == std::string::npos, "nothing acts on a terminal");
  const std::string page = render_html(*timeline);
  require(page.find("<script") == std::string::npos, "nothing runs in a page");
  render_mermaid(*timeline);
  return 0;
}
