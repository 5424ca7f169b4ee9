#include "replay/presentation.h"

#include <algorithm>

#include "schemas/text.h"

namespace hookledger {
namespace {

constexpr std::size_t kSpeakerColumnsMax = 40, kFetchedColumnsMax = 80;

std::string label(std::size_t index) {
  std::string out;
  for (std::size_t n = index + 1; n > 0; n = (n - 1) / 26)
    out.insert(out.begin(), static_cast<char>('A' + (n - 1) % 26));
  return out;
}

bool continues_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

}  // namespace

LegLabels::LegLabels(const Call& call) {
  if (!call.originator_leg_id.empty()) labels_.emplace(call.originator_leg_id, label(0));
  for (const Leg& leg : call.legs) labels_.try_emplace(leg.id, label(labels_.size()));
}

std::string LegLabels::of(std::string_view leg_id) const {
  if (leg_id.empty()) return "-";
  const auto found = labels_.find(leg_id);
  return found == labels_.end() ? "?" : found->second;
}

std::string LegLabels::of(const std::vector<std::string>& leg_ids) const {
  std::string out;
  for (const std::string& id : leg_ids) {
    if (!out.empty()) out += ", ";
    out += of(id);
  }
  return out;
}

std::string format_offset(Time time, Time first) {
  const std::int64_t ms = std::chrono::duration_cast<std::chrono::milliseconds>(time - first).count();
  return (ms < 0 ? "" : "+") + std::to_string(ms) + " ms";
}

std::string format_lag(const TimelineEntry& entry) {
  return entry.timed ? format_duration(entry.received_at - entry.occurred_at) : std::string();
}

std::string format_date(Time time) { return format_time(time).substr(0, 10); }

std::string format_clock(Time time) { return format_time(time).substr(11, 12); }

std::string format_place(Place place) { return std::to_string(place.partition) + "/" + std::to_string(place.offset); }

std::string_view status_name(CallStatus status) {
  return status == CallStatus::kNone ? std::string_view("none") : to_string(status);
}

std::vector<Mark> marks(const TimelineEntry& entry) {
  std::vector<Mark> out;
  if (entry.telemetry) out.push_back({MarkKind::kTelemetry, speaker_of(entry)});
  if (entry.late) out.push_back({MarkKind::kLate, "LATE"});
  if (entry.repeat) out.push_back({MarkKind::kRepeat, "REPEAT"});
  if (entry.signature == StoredSignature::kInvalid) out.push_back({MarkKind::kSignature, "SIGNATURE INVALID"});
  if (entry.signature == StoredSignature::kUnknownKey) out.push_back({MarkKind::kSignature, "unknown key"});
  if (entry.signature == StoredSignature::kAbsent) out.push_back({MarkKind::kSignature, "unsigned"});
  if (entry.provenance != Provenance::kDelivered) {
    const std::string from =
        entry.recovered_from.empty() ? "" : " from " + cut(printable(entry.recovered_from), kFetchedColumnsMax);
    out.push_back({MarkKind::kProvenance, std::string(to_string(entry.provenance)) + from});
  }
  if (entry.deliveries > 1) out.push_back({MarkKind::kDeliveries, "x" + std::to_string(entry.deliveries)});
  return out;
}

std::string speaker_of(const TimelineEntry& entry) {
  if (!entry.telemetry) return {};
  const std::string source = cut(printable(entry.source), kSpeakerColumnsMax);
  if (entry.device_id.empty()) return source;
  return source + ", device " + cut(printable(entry.device_id), kSpeakerColumnsMax);
}

Tone tone_of(std::string_view type) {
  if (type.ends_with(".initiated")) return Tone::kInitiated;
  if (type.ends_with(".ringing")) return Tone::kRinging;
  if (type.ends_with(".answered")) return Tone::kAnswered;
  if (type.ends_with(".bridged")) return Tone::kBridged;
  if (type.ends_with(".hangup")) return Tone::kEnded;
  if (type.ends_with(".recording.saved")) return Tone::kRecording;
  return Tone::kOther;
}

std::string cut(std::string_view text, std::size_t columns) {
  if (width_of(text) <= columns) return std::string(text);
  std::size_t end = 0;
  for (std::size_t left = columns; end < text.size(); ++end) {
    if (continues_character(text[end])) continue;
    if (left <= 1) break;
    --left;
  }
  return std::string(text.substr(0, end)) + (columns == 0 ? "" : "…");
}

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !continues_character(c); }));
}

}  // namespace hookledger
