#define XXH_INLINE_ALL
#include <cstring>
#include <string>
#include <xxhash.h>

#include "schemas/record.h"
#include "tests/fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hookledger;
  std::string bytes(as_text(data, size));
  (void)decode_record(bytes);

  // Behind a checksum that fits, damage reaches the fields.
  constexpr std::size_t kChecksumBytes = 8;
  if (size < kChecksumBytes) return 0;
  const std::uint64_t checksum = XXH3_64bits(bytes.data() + kChecksumBytes, size - kChecksumBytes);
  std::memcpy(bytes.data(), &checksum, kChecksumBytes);
  const auto record = decode_record(bytes);
  if (!record) return 0;
  const std::string again = encode_record(*record);
  const auto same = decode_record(again);
  require(same.has_value() && encode_record(*same) == again,
          "a record that was read is written so that it reads the same");
  return 0;
}
