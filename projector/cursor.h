#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "projector/call_index.h"
#include "schemas/finding.h"

namespace hookledger {

/// Where a page of a list ended, as opaque text that needs no encoding in a URL. Any text is valid input.
std::string encode_cursor(const CallPosition& position);
std::optional<CallPosition> decode_call_cursor(std::string_view cursor);

/// A finding's place in a list of findings.
struct FindingPosition {
  CallPosition call;
  Time opened_at;
  std::string rule, id;
};
std::string encode_cursor(const FindingPosition& position);
std::optional<FindingPosition> decode_finding_cursor(std::string_view cursor);

}  // namespace hookledger
