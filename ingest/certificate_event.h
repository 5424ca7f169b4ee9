#pragma once

#include <cstdint>

#include "ingest/http/http.h"
#include "ingest/log/event_log.h"
#include "schemas/clock.h"

namespace hookledger {

/// What a server says of its own certificate, as an event `hookledger.certificate` of source and device `hookledger`,
/// made up by us (synthetic): `subject`, `not_after` and whole `days_left` as of `now`. One certificate on one day is
/// one event, whoever says it. Without observer and token. Pure.
Append certificate_append(const http::Certificate& certificate, Time now, std::uint32_t partitions);

}  // namespace hookledger
