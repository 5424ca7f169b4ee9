// Input: a config file.

#include <sys/mman.h>
#include <unistd.h>

#include "schemas/crypto.h"
#include "tests/fuzz/input.h"
#include "tools/settings.h"
#include "tools/source_settings.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hookledger;
  static const int file = (init_crypto(), memfd_create("config", 0));
  require(file >= 0 && ftruncate(file, 0) == 0 && pwrite(file, data, size, 0) == static_cast<ssize_t>(size),
          "the file is written");

  static const std::vector<OptionSpec> known = [] {
    std::vector<OptionSpec> options = source_options();
    options.push_back({"config", "FILE", "", false});
    options.push_back({"listen", "ADDR:PORT", "", false});
    options.push_back({"json", "", "", false});
    return options;
  }();
  const auto settings = read_settings({"--config", "/proc/self/fd/" + std::to_string(file)}, known, known);
  if (!settings) {
    require(!settings.error().detail.empty(), "what is refused has a reason");
    return 0;
  }
  const auto sources = configured_sources(*settings);
  if (!sources) {
    require(sources.error().code == ErrorCode::kUsage, "sources that cannot be are wrong usage");
    return 0;
  }
  for (const Source& source : (*sources)->all()) require(!source.keys.empty(), "a source has a key");
  return 0;
}
