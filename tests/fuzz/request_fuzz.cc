// Input: a byte that says how the bytes arrive, then the bytes of one connection.

#include <algorithm>
#include <string>

#include "ingest/http/request_reader.h"
#include "tests/fuzz/input.h"

namespace {

using namespace hookledger::http;

/// Everything that was read from the connection, as text, when it arrives `piece` bytes at a time.
std::string read_all(std::string_view bytes, std::size_t piece) {
  const Limits limits{.head_bytes_max = 2048, .body_bytes_max = 1024};
  Budget budget(1 << 20);
  RequestReader reader(limits, budget);
  std::string seen;
  while (true) {
    switch (reader.step()) {
      case RequestReader::Step::kMore: {
        const auto room = reader.room();
        const std::size_t count = std::min({room.size(), bytes.size(), piece});
        if (count == 0) return seen;
        bytes.copy(room.data(), count);
        bytes.remove_prefix(count);
        reader.received(count);
        break;
      }
      case RequestReader::Step::kHead:
        seen.append(reader.head().method).append(" ").append(reader.head().target);
        break;
      case RequestReader::Step::kRequest:
        hookledger::require(reader.body().size() <= limits.body_bytes_max, "a body is within its limit");
        seen.append("\n").append(reader.body()).append("\n");
        reader.next();
        break;
      case RequestReader::Step::kRefused: return seen + "refused " + std::to_string(static_cast<int>(reader.refusal()));
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes = as_text(data + 1, size - 1);
  hookledger::require(read_all(bytes, 1 + data[0] % 64) == read_all(bytes, bytes.size()),
                      "how bytes arrive does not change what they say");
  return 0;
}
