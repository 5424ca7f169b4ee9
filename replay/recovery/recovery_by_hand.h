#pragma once

#include <optional>
#include <string>
#include <vector>

#include "replay/recovery/recovery.h"

namespace hookledger {

class JsonWriter;

/// What a person asks for: a call, or what failed since. One of both.
struct RecoveryRequest {
  std::string call_id;
  std::optional<Time> since;
  bool dry_run = false;
  std::string cursor;  ///< `next` of the step before; empty: the first.
};

/// One step of it: a call, or a page of what failed.
struct RecoveryStep {
  std::vector<CallRecovery> calls;    ///< With something to say.
  std::string next;                   ///< Where it goes on; empty: it is done.
  std::uint64_t page = 1, pages = 1;  ///< Of the source that is asked.
};

/// Whether a step gave this cursor, of so many sources.
bool is_recovery_cursor(std::string_view cursor, std::size_t sources);

/// Takes the step. With several sources a call is looked for at its own (an unknown one at each), and what failed at
/// one after the other. Errors: kInvalid (the cursor), kUsage (no source can be asked), those of Recovery.
Result<RecoveryStep> recover_by_hand(const std::vector<Recovery*>& recoveries, const RecoveryRequest& request, Time now,
                                     const std::stop_token& stop);

void write_json(JsonWriter& out, const RecoveryStep& step);
void write_json(JsonWriter& out, const CallRecovery& call);
/// Reads what `write_json` wrote. Errors: kInvalid.
Result<RecoveryStep> parse_recovery_step(std::string_view json);

}  // namespace hookledger
