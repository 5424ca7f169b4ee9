#pragma once

#include <string>
#include <string_view>

#include "schemas/error.h"
#include "schemas/place.h"
#include "schemas/time.h"

namespace hookledger {

/// How a record came to us, in order of trust: an earlier one is never displaced by a later one (G10).
/// Stored in records: append at the end, never renumber.
enum class Provenance : std::uint8_t { kDelivered = 0, kImported = 1, kRecovered = 2, kSynthetic = 3 };

std::string_view to_string(Provenance provenance);
/// Recovered or synthetic: it stands in for a delivery that did not come, and gives way to one that comes after all.
constexpr bool stands_in(Provenance provenance) { return provenance >= Provenance::kRecovered; }
std::optional<Provenance> parse_provenance(std::string_view text);

/// The type of a signed body that is not JSON or names no event type.
inline constexpr std::string_view kUnrecognisedType = "hookledger.unrecognised";

/// The kind of source that a record is of when it names none: the first there was.
inline constexpr std::string_view kDefaultKind = "telnyx";

/// One event's exact body and the evidence around it, as the log stores it. Strings are views into the
/// bytes it was decoded from, or into whatever it was built from. An empty string is an absent one.
struct RecordView {
  std::string_view id;              ///< Event id; never empty.
  std::string_view source;          ///< Name of the source; never empty.
  std::string_view type;            ///< Mapped event type; never empty.
  std::string_view leg_id;          ///< Leg that the event names.
  std::string_view key;             ///< Partition key: call id, else device id, else event id.
  std::string_view content_type;    ///< As it came, printable ASCII.
  std::string_view signature;       ///< Header text as it came.
  std::string_view signed_at;       ///< Timestamp header as it came.
  std::string_view key_id;          ///< Of the key that verified it.
  std::string_view kind;            ///< Of the source; empty: `kDefaultKind`.
  std::string_view signed_with;     ///< What else the signature covers and stands in no other field: of kind `standard`
                                    ///< the webhook-id header, of a kind that signs its URL the URL.
  std::string_view recovered_from;  ///< Where it was fetched: path and query of the provider's API; no delivery's.
  std::string_view body;            ///< Byte for byte.
  Time occurred_at;                 ///< `received_at` when the event tells no time.
  Time received_at;                 ///< First delivery, or when it was fetched.
  std::uint32_t attempt = 0;        ///< As the provider counts; 0: not told.
  Provenance provenance = Provenance::kDelivered;
  bool in_call = false;  ///< `key` is a call id.
  bool timed = false;    ///< The event itself told `occurred_at`.

  std::string_view source_kind() const { return kind.empty() ? kDefaultKind : kind; }
  std::string_view call_id() const { return in_call ? key : std::string_view(); }
};

/// Layout: schemas/record.md. `body` is written last.
std::string encode_record(const RecordView& record);

/// Checks version, framing and checksum of untrusted bytes. Errors: kCorruption. The view points into
/// `bytes`.
Result<RecordView> decode_record(std::string_view bytes);

/// A record read from the log, with the bytes its view points into. Move-only in spirit: `view()` is
/// valid while this object lives and does not move.
struct StoredRecord {
  Place place;
  std::string bytes;
  std::uint32_t deliveries = 1;  ///< At least 1; how often this data dir received the event.
};

}  // namespace hookledger
