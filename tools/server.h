#pragma once

#include "tools/command.h"

namespace hookledger {

enum class ServerRole { kEverything, kSink };

/// Runs until SIGTERM or SIGINT; SIGHUP reloads keys, certificate, rules, alerts and subscriptions. Errors: kUsage,
/// kInUse and what else keeps it from starting.
Result<int> run_server(const Settings& settings, const CommandContext& context, ServerRole role);

}  // namespace hookledger
