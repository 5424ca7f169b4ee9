#include "tools/rule_settings.h"

namespace hookledger {

OptionSpec expect_recordings_option() {
  return {"expect-recordings", "",
          "every call should be recorded: switches the rule recording-not-saved on;\n"
          "give it to the server and to read commands alike, best in the config file"};
}

std::unique_ptr<RuleSet> configured_rules(const Settings& settings) {
  return built_in_rules({.expect_recordings = settings.flag("expect-recordings")});
}

}  // namespace hookledger
