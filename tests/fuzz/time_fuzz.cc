#include "schemas/time.h"
#include "tests/fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hookledger;
  const std::string_view text = as_text(data, size);
  if (const auto time = parse_time(text)) {
    require(parse_time(format_time(*time)) == time, "a time that was read is written so that it reads the same");
  }
  if (const auto time = parse_rfc2822_time(text)) {
    require(parse_time(format_time(*time)) == time, "a date of RFC 2822 is an instant as any other");
  }
  if (const auto duration = parse_duration(text)) format_duration(*duration);
  parse_instant(text, Time{});
  return 0;
}
