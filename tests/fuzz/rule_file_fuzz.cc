#include "projector/rule_files/rule_file.h"
#include "projector/rule_files/tunables.h"
#include "schemas/crypto.h"
#include "tests/fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hookledger;
  static const bool ready = (init_crypto(), true);
  require(ready, "libsodium is there");
  const rules::RuleFile file{"f.yaml", std::string(as_text(data, size))};
  const rules::LoadedRules loaded = rules::load_rule_files({file});
  require(loaded.errors.size() <= rules::Problems::kShownMax + 1, "the errors of a file are bounded");
  for (const rules::RuleFileError& error : loaded.errors) {
    require(error.at.line >= 1 && error.at.column >= 1, "an error has a place");
    for (const char c : to_string(error)) {
      require(static_cast<unsigned char>(c) >= 0x20, "an error is one line, and safe for a terminal");
    }
  }
  for (const rules::RuleSpec& rule : loaded.rules) rules::limit_of(rule);
  if (!loaded.errors.empty()) return 0;
  const std::string before = rules::fingerprint(loaded.rules);
  require(rules::fingerprint(rules::load_rule_files({file}).rules) == before, "the same text gives the same rules");
  return 0;
}
