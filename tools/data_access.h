#pragma once

#include <memory>
#include <string>

#include "projector/projection_view.h"
#include "projector/rules/rule_set.h"
#include "tools/command.h"

namespace hookledger {

/// `--data-dir`.
std::string data_dir(const Settings& settings);
std::string log_folder(const std::string& data_dir);

/// The data dir as a read command sees it, beside its server or without one, with progress; says on stderr when the
/// projection is of no use, unless quiet.
/// Errors: kNotFound (no data dir), kCorruption, kUnavailable.
Result<ProjectionView> open_data_dir(const Settings& settings, const CommandContext& context, const RuleSet& rules);
/// Its log alone; that of the brokers when they are given.
Result<std::unique_ptr<LogReader>> open_log(const Settings& settings);

/// Is a server to be asked rather than a data dir read: is `--url` given, and no `--data-dir` more locally?
bool asks_server(const Settings& settings);

/// The URL of the server that has the data dir, which is in use. Errors: kInUse: nothing says which that is, for the
/// data dir was named and no address with it.
Result<std::string> server_of_data_dir(const Settings& settings);

/// GETs `target` from the server of `--url`. A problem becomes an error with its title and detail: kNotFound for 404,
/// kUsage for 400, else kUnavailable.
Result<std::string> ask_server(const Settings& settings, const std::string& target);

/// Refuses `--url` on the command line where only a data dir will do. In the environment or a config file it is meant
/// for other commands.
Result<void> refuse_url(const Settings& settings);

}  // namespace hookledger
