#pragma once

#include <string_view>

namespace hookledger {

/// schemas/openapi.yaml, put into the program by the build.
extern const std::string_view kOpenApiText;

}  // namespace hookledger
