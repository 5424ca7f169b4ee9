#pragma once

#include <memory>

#include "schemas/event.h"

namespace hookledger {

/// Reads Twilio voice callbacks: status callbacks and recording status callbacks, as forms or as JSON objects with
/// the same names. What becomes of them: schemas/sources/twilio.md.
std::unique_ptr<EventReader> make_twilio_reader();

}  // namespace hookledger
