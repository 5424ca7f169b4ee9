#pragma once

#include <string_view>

namespace hookledger::rules {

/// The files of schemas/rules, put into the program by the build.
extern const std::string_view kCallsPack, kTelemetryPack, kCatalogue;

}  // namespace hookledger::rules
