#pragma once

#include <string>
#include <string_view>

#include "schemas/crypto.h"
#include "schemas/event.h"
#include "schemas/record.h"

namespace hookledger {

/// The source that simulated traffic comes from.
inline constexpr std::string_view kSimulatedSource = "telnyx";

/// The record that a sink makes of this delivery, without its evidence. Views into `head` and `body`.
RecordView simulated_record(const EventHead& head, std::string_view body, Time received_at);

/// The text of the timestamp header: whole seconds since 1970.
std::string unix_seconds(Time time);

/// The text of the signature header: of the timestamp header's text, a bar, and the body.
std::string telnyx_signature(const Ed25519KeyPair& key, std::string_view signed_at, std::string_view body);

}  // namespace hookledger
