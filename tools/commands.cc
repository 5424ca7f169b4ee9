#include "tools/command.h"

namespace hookledger {

const std::vector<Command>& all_commands() {
  static const std::vector<Command> commands = {
      serve_command(),       sink_command(),   project_command(), call_command(),      calls_command(),
      scan_command(),        rules_command(),  rebuild_command(), redeliver_command(), recover_command(),
      deadletters_command(), verify_command(), export_command(),  import_command(),    simulate_command(),
      keygen_command(),      topics_command()};
  return commands;
}

std::vector<OptionSpec> common_options() {
  return {{"config", "FILE", "read options from FILE (INI); the command line and the environment go before it"},
          {"data-dir", "DIR", "where everything is kept; default ./data"},
          {"url", "URL",
           "ask a running server (http://ADDR:PORT of its API) instead of a data dir;\n"
           "a --data-dir on the command line goes before a url in environment or file"},
          {"json", "", "JSON instead of text; JSON lines for lists"},
          {"quiet", "", "no progress, no remarks"},
          {"clock", "FILE", "for tests only: the time is what FILE says (tests/README.md)"},
          {"help", "", "this text"},
          {"version", "", "print the version"}};
}

std::vector<OptionSpec> all_options() {
  std::vector<OptionSpec> options = common_options();
  for (const Command& command : all_commands()) {
    for (const OptionSpec& option : command.options) {
      bool known = false;
      for (const OptionSpec& other : options) known = known || other.name == option.name;
      if (!known) options.push_back(option);
    }
  }
  return options;
}

Result<Settings> read_settings_again(const Command& command, const CommandContext& context) {
  std::vector<OptionSpec> own = command.options;
  for (const OptionSpec& option : common_options()) own.push_back(option);
  return read_settings(context.arguments, own, all_options());
}

Error usage_error(const std::string& detail) { return {ErrorCode::kUsage, detail}; }

Result<void> expect_positional(const Settings& settings, std::size_t count, const std::string& what) {
  if (settings.positional().size() < count) return usage_error("give " + what);
  if (settings.positional().size() > count) {
    return usage_error("'" + settings.positional()[count] + "' is one argument too many");
  }
  return {};
}

}  // namespace hookledger
