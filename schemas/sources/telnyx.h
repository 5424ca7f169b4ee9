#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "schemas/event.h"

namespace hookledger {

/// Reads Telnyx bodies in every published shape: enveloped v2, bare v2, with `webhook_id`, v1 (underscored
/// names), debug record. Source: Telnyx OpenAPI specification and documentation, as CONTRACT sums them up.
std::unique_ptr<EventReader> make_telnyx_reader();

/// The dotted name of a v1 name: `call_machine_detection_ended` → `call.machine.detection.ended`. Unknown
/// names have every underscore made a dot.
std::string telnyx_dotted_name(std::string_view v1_name);

}  // namespace hookledger
