#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "replay/timeline.h"

namespace hookledger {

/// What the text, HTML and Mermaid views say in the same words.

/// Short names of legs: the originator is A, the others B, C, … AA, AB in the call's order.
class LegLabels {
 public:
  explicit LegLabels(const Call& call);
  /// `-` for an empty id, `?` for a leg that the call does not have.
  std::string of(std::string_view leg_id) const;
  /// `A, B` for a list of ids.
  std::string of(const std::vector<std::string>& leg_ids) const;

 private:
  std::map<std::string, std::string, std::less<>> labels_;
};

/// `+1234 ms`: from the call's first event.
std::string format_offset(Time time, Time first);
/// `340ms`, `-2s`; empty for an event without a time.
std::string format_lag(const TimelineEntry& entry);
/// `2026-02-08`
std::string format_date(Time time);
/// `10:15:30.123`
std::string format_clock(Time time);
/// `3/17`
std::string format_place(Place place);
/// `answered`, or `none` before there is a leg.
std::string_view status_name(CallStatus status);

enum class MarkKind { kTelemetry, kLate, kDeliveries, kRepeat, kProvenance, kSignature };
/// Something out of the ordinary about a record: `app, device phone-1`, `LATE`, `x3`, `REPEAT`, `imported`,
/// `SIGNATURE INVALID`.
struct Mark {
  MarkKind kind;
  std::string text;  ///< As `printable` leaves it.
};
std::vector<Mark> marks(const TimelineEntry& entry);

/// Which application and which device speak, printable: `app, device phone-1`. Empty for a provider's event.
std::string speaker_of(const TimelineEntry& entry);

/// What an event does to its leg, for colours; told by the end of its type.
enum class Tone { kOther, kInitiated, kRinging, kAnswered, kBridged, kEnded, kRecording };
Tone tone_of(std::string_view type);

/// A silence longer than this between two events is shown as a gap.
inline constexpr Duration kGapMin = std::chrono::seconds(30);

/// At most `columns` code points, the last of them `…` when something was left out. `text`: valid UTF-8.
std::string cut(std::string_view text, std::size_t columns);
/// Code points in valid UTF-8.
std::size_t width_of(std::string_view text);

struct RecordingUrl {
  std::string name, url;
};
/// The entries of `Recording::urls`; those that are not strings are left out.
std::vector<RecordingUrl> recording_urls(const Recording& recording);

}  // namespace hookledger
