#pragma once

#include <memory>

#include "schemas/event.h"

namespace hookledger {

/// Reads what applications and devices post: a CloudEvent 1.0 in structured mode (JSON), a payload of Standard Webhooks
/// (`type`, `timestamp`, `data`), or any body whose type stands in headers (CloudEvents binary mode). What is signed
/// decides: a body that is one of the first two is that, whatever content type and `ce-` headers say. One event a body:
/// a batch is not understood. Source: CloudEvents 1.0.2, JSON format and HTTP binding; Standard Webhooks 1.0.0.
std::unique_ptr<EventReader> make_standard_reader();

}  // namespace hookledger
