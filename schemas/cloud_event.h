#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "schemas/error.h"
#include "schemas/record.h"

namespace hookledger {

/// Of a line. The largest body that a server takes comes to 86 MiB of base64.
inline constexpr std::size_t kCloudEventBytesMax = 128 * 1024 * 1024;

/// One line of `export` without the line break: the record as a CloudEvents 1.0 JSON document, body in
/// `data_base64`; `partition` and `offset` as strings when `place` is given.
std::string to_cloud_event(const RecordView& record, const std::optional<Place>& place);

/// What a line of `export` or `simulate --out` holds. Owns its strings.
struct CloudEvent {
  std::string id, source, type, content_type, signature, signed_at, key_id, kind, signed_with, recovered_from,
      body;  ///< `source`: the name.
  std::optional<Time> occurred_at, received_at;
  Provenance provenance = Provenance::kImported;
};

/// Errors: kInvalid, with what is wrong with the line.
Result<CloudEvent> parse_cloud_event(std::string_view line);

}  // namespace hookledger
