#include <iostream>

#include "schemas/json.h"
#include "tools/command.h"
#include "tools/key_files.h"
#include "tools/system_random.h"

namespace hookledger {
namespace {

Result<int> run(const Settings& settings, const CommandContext&) {
  if (auto checked = expect_positional(settings, 0, ""); !checked) return checked.error();
  const std::string prefix = settings.text("out");
  if (prefix.empty()) return usage_error("keygen needs --out PREFIX");
  const Ed25519Seed seed = random_seed();
  if (auto written = write_key_files(prefix, seed); !written) return written.error();
  const Ed25519KeyPair pair = ed25519_key_pair(seed);
  if (settings.flag("json")) {
    JsonWriter json;
    json.begin_object();
    json.member("public_key", public_key_base64(pair));
    json.member("key_id", key_id(pair.public_key));
    json.end_object();
    std::cout << json.view() << '\n';
  } else {
    std::cout << public_key_base64(pair) << '\n';
  }
  return kExitDone;
}

}  // namespace

Command keygen_command() {
  return {"keygen",
          "",
          "An Ed25519 key pair, for simulate and tests",
          "Writes PREFIX.key (base64 of the 32-byte seed, readable by you alone) and PREFIX.pub (base64 of the public\n"
          "key), and prints the public key. It does not overwrite.\n\n"
          "  hookledger keygen --out demo\n"
          "  hookledger serve --telnyx-public-key \"$(cat demo.pub)\"\n",
          {{"out", "PREFIX", "where to write PREFIX.key and PREFIX.pub"}},
          run};
}

}  // namespace hookledger
