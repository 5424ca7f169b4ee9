#pragma once

#include <cstdint>
#include <string_view>

#include "ingest/log/event_log.h"
#include "schemas/time.h"

namespace hookledger {

/// The append, without observer and token, of an event that nobody sent: what hookledger notes in the log of itself, so
/// that rules find it. `body` is a CloudEvent in structured mode; the record is synthetic, of source `hookledger`. The
/// same event id is the same record.
Append own_event(std::string_view body, Time now, std::uint32_t partitions);

}  // namespace hookledger
