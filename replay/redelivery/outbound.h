#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schemas/record.h"

namespace hookledger {

/// What an application gets of one record: schemas/deliveries.md.
struct OutboundRequest {
  std::vector<std::pair<std::string_view, std::string>> headers;  ///< Names in lower case; values are printable ASCII.
  std::string_view body;                                          ///< The record's, byte for byte: a view into it.
};

/// One attempt to deliver a record.
struct OutboundAttempt {
  Place place;
  std::uint32_t attempt = 1;  ///< From 1.
  bool is_replay = false;
  Time at;
};

/// `key` signs; empty: the request is not signed. Pure.
OutboundRequest make_outbound(const RecordView& record, const OutboundAttempt& attempt, std::string_view key);

/// The id of a delivery, the same in every attempt: unique for source and event id, printable ASCII without space and
/// dot, at most 255 characters.
std::string delivery_id(std::string_view source, std::string_view event_id);

/// Text from outside as a header may hold it: `%` and all that is not visible ASCII as `%XX`; what would be longer than
/// 1 KiB is `blake2b:` and 64 hex digits of its BLAKE2b-256.
std::string header_value(std::string_view text);

}  // namespace hookledger
