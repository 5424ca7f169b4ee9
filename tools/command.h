#pragma once

#include <string>
#include <vector>

#include "schemas/clock.h"
#include "schemas/error.h"
#include "tools/settings.h"

namespace hookledger {

/// What a command gets beside its settings. Results go to stdout, everything else to stderr.
struct CommandContext {
  const Clock& clock;
  std::vector<std::string> arguments;  ///< As given, without the command: to read the settings again.
};

inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitFindings = 3;  ///< Open findings among those asked for, or a mismatch.

/// One subcommand. `run` gives the exit code; an error of kUsage exits 2, any other 1, with its sentence on stderr.
struct Command {
  std::string name;
  std::string arguments;  ///< Positional ones, as help shows them: `ID`.
  std::string summary;    ///< One line.
  std::string help;       ///< Paragraphs and examples.
  std::vector<OptionSpec> options;
  Result<int> (*run)(const Settings&, const CommandContext&);
};

Command serve_command();
Command sink_command();
Command project_command();
Command call_command();
Command calls_command();
Command scan_command();
Command rules_command();
Command rebuild_command();
Command redeliver_command();
Command recover_command();
Command deadletters_command();
Command verify_command();
Command export_command();
Command import_command();
Command simulate_command();
Command keygen_command();
Command topics_command();

/// Every command, in the order of help.
const std::vector<Command>& all_commands();
/// The options that every command has.
std::vector<OptionSpec> common_options();
/// Of all commands: what a config file and the environment may hold.
std::vector<OptionSpec> all_options();

/// Files and all, as a running command does on SIGHUP.
Result<Settings> read_settings_again(const Command& command, const CommandContext& context);

Error usage_error(const std::string& detail);
/// Refuses positional arguments beyond `count`, and fewer.
Result<void> expect_positional(const Settings& settings, std::size_t count, const std::string& what);

}  // namespace hookledger
