#pragma once

#include <string>
#include <string_view>

namespace hookledger {

/// An RFC 9457 problem document: `{"type":"urn:hookledger:problem:CODE","title":…,"status":…,"detail":…}`.
std::string problem_json(unsigned status, std::string_view code, std::string_view title, std::string_view detail = {});

inline constexpr std::string_view kProblemType = "application/problem+json";

}  // namespace hookledger
