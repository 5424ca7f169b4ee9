#pragma once

#include <optional>
#include <string>
#include <vector>

#include "schemas/place.h"
#include "schemas/time.h"

namespace hookledger {

class JsonWriter;

enum class Severity : std::uint8_t { kInfo, kWarning, kCritical };
enum class FindingStatus : std::uint8_t { kOpen, kResolved, kNoted };
std::string_view to_string(Severity severity);
std::string_view to_string(FindingStatus status);

/// An instance of a rule going wrong, on one call, device or organisation.
struct Finding {
  std::string id;  ///< Stable: derived from rule, call and the count of earlier openings.
  std::string rule;
  Severity severity = Severity::kWarning;
  FindingStatus status = FindingStatus::kOpen;
  std::string call_id;                            ///< Empty: null; it is about no call, or about several.
  std::vector<std::string> leg_ids, control_ids;  ///< Open: the legs concerned now; else all that were.
  std::string device_id;                          ///< Empty: null; it is about no device, or about several.
  std::string organization_id;                    ///< Empty: null.
  Time opened_at;
  std::optional<Time> resolved_at;
  std::string summary;  ///< One sentence: what is wrong.
  std::string action;   ///< One sentence: what to do.
  std::vector<Place> evidence;
};

void write_json(JsonWriter& out, const Finding& finding);

}  // namespace hookledger
