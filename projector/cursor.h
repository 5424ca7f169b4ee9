#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tuple>

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
  /// Less: earlier in the list.
  friend bool operator<(const FindingPosition& a, const FindingPosition& b) {
    if (a.call != b.call) return a.call < b.call;
    return std::tie(a.opened_at, a.rule, a.id) < std::tie(b.opened_at, b.rule, b.id);
  }
};
std::string encode_cursor(const FindingPosition& position);
std::optional<FindingPosition> decode_finding_cursor(std::string_view cursor);

}  // namespace hookledger
