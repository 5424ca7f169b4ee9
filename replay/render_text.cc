#include <algorithm>

#include "replay/presentation.h"
#include "replay/text_page.h"
#include "replay/timeline.h"

namespace hookledger {
namespace {

constexpr unsigned kWidthMin = 60;
/// What a line of the timeline needs beside the event's type.
constexpr std::size_t kOtherColumns = 80;
constexpr std::size_t kTypeColumnsMin = 16, kTypeColumnsMax = 40;

Ink ink_of(CallStatus status) {
  switch (status) {
    case CallStatus::kNone:
    case CallStatus::kEnded: return Ink::kDim;
    case CallStatus::kInitiated:
    case CallStatus::kRinging: return Ink::kYellow;
    case CallStatus::kAnswered:
    case CallStatus::kBridged: return Ink::kGreen;
  }
  return Ink::kPlain;
}

Ink ink_of(MarkKind kind) {
  switch (kind) {
    case MarkKind::kLate:
    case MarkKind::kRepeat: return Ink::kYellow;
    case MarkKind::kSignature: return Ink::kRed;
    case MarkKind::kTelemetry:
    case MarkKind::kDeliveries:
    case MarkKind::kProvenance: return Ink::kCyan;
  }
  return Ink::kPlain;
}

Ink ink_of(const Finding& finding) {
  if (finding.status != FindingStatus::kOpen) return Ink::kDim;
  return finding.severity == Severity::kInfo      ? Ink::kCyan
         : finding.severity == Severity::kWarning ? Ink::kYellow
                                                  : Ink::kRed;
}

std::string_view or_dash(std::string_view text) { return text.empty() ? std::string_view("-") : text; }

class TextRenderer {
 public:
  TextRenderer(const Timeline& timeline, bool colour, unsigned width)
      : timeline_(timeline),
        call_(timeline.call),
        labels_(timeline.call),
        page_(colour, std::max(width, kWidthMin)),
        type_columns_max_(std::clamp<std::size_t>(std::max(width, kWidthMin), kOtherColumns + kTypeColumnsMin,
                                                  kOtherColumns + kTypeColumnsMax) -
                          kOtherColumns) {}

  std::string render() {
    header();
    legs();
    records();
    missing();
    recordings();
    findings();
    return page_.take();
  }

 private:
  std::string offset(Time time) const { return format_offset(time, call_.first_at); }
  std::string offset(const std::optional<Time>& time) const { return time ? offset(*time) : "-"; }

  void heading(std::string_view text) {
    page_.end_line();
    page_.line(text, Ink::kBold);
  }

  void fact(std::string_view name, std::string_view value) {
    page_.put("  ").left(name, 14, Ink::kDim).put(value);
    page_.end_line();
  }

  void header() {
    page_.put("Call ", Ink::kBold).whole(call_.id, Ink::kBold);
    page_.put("  ").put(status_name(call_.status), ink_of(call_.status));
    page_.end_line();
    fact("source", std::string(or_dash(call_.source)) +
                       (call_.organization_id.empty() ? "" : ", organization " + call_.organization_id));
    fact("direction", std::string(or_dash(call_.direction)) + ", " + std::string(or_dash(call_.from)) + " -> " +
                          std::string(or_dash(call_.to)));
    fact("first event", format_time(call_.first_at));
    const auto moment = [&](std::string_view name, const std::optional<Time>& time) {
      if (time) fact(name, format_time(*time) + "  " + offset(*time));
    };
    moment("initiated", call_.initiated_at);
    moment("answered", call_.answered_at);
    moment("bridged", call_.bridged_at);
    moment("ended", call_.ended_at);
    if (call_.initiated_at && call_.ended_at) fact("duration", format_duration(*call_.ended_at - *call_.initiated_at));
    if (!call_.winner_leg_id.empty()) fact("winner", labels_.of(call_.winner_leg_id));
    if (!call_.hangup_cause.empty() || !call_.hangup_source.empty()) {
      fact("hangup", std::string(or_dash(call_.hangup_cause)) + " by " + std::string(or_dash(call_.hangup_source)));
    }
    fact("records", record_summary());
  }

  std::string record_summary() const {
    std::size_t late = 0, unproven = 0;
    for (const TimelineEntry& entry : timeline_.entries) {
      late += entry.late;
      unproven += entry.signature != StoredSignature::kValid;
    }
    const std::size_t total = timeline_.entries.size();
    return std::to_string(total) + ", " + std::to_string(late) + " late, " +
           (unproven == 0 ? "every signature valid" : std::to_string(unproven) + " without a valid signature");
  }

  void legs() {
    if (call_.legs.empty()) return;
    heading("Legs");
    page_.put("  ").left("", 4).left("status", 11).left("direction", 11).right("initiated", 12).right("answered", 12);
    page_.right("bridged", 12).right("ended", 12);
    page_.end_line();
    for (const Leg& leg : call_.legs) {
      page_.put("  ").left(labels_.of(leg.id), 4, Ink::kBold).left(status_name(leg.status), 11, ink_of(leg.status));
      page_.left(or_dash(leg.direction), 11).right(offset(leg.initiated_at), 12).right(offset(leg.answered_at), 12);
      page_.right(offset(leg.bridged_at), 12).right(offset(leg.ended_at), 12);
      page_.end_line();
      page_.put("      ").whole(leg.id, Ink::kDim).put("  ").put(or_dash(leg.from)).put(" -> ").put(or_dash(leg.to));
      page_.end_line();
      if (leg.ended_at) {
        page_.put("      hangup ").put(or_dash(leg.hangup_cause)).put(" by ").put(or_dash(leg.hangup_source));
        if (!leg.sip_hangup_cause.empty()) page_.put(", SIP ").put(leg.sip_hangup_cause);
        page_.end_line();
      }
    }
  }

  void records() {
    if (timeline_.entries.empty()) return;
    heading("Timeline");
    measure();
    page_.put("  ").right("offset", offset_columns_, Ink::kDim).put("  ").left("time", 12, Ink::kDim).put("  ");
    page_.left("event", type_columns_, Ink::kDim).put("  ").left("leg", leg_columns_, Ink::kDim).put("  ");
    page_.right("lag", lag_columns_, Ink::kDim).put("  ").left("call", 9, Ink::kDim).put("  record", Ink::kDim);
    page_.end_line();
    const TimelineEntry* before = nullptr;
    for (const TimelineEntry& entry : timeline_.entries) {
      if (before != nullptr && entry.occurred_at - before->occurred_at > kGapMin) {
        page_.put("  ").right("", offset_columns_).put("  ");
        page_.put("gap " + format_duration(entry.occurred_at - before->occurred_at), Ink::kYellow);
        page_.end_line();
      }
      record(entry);
      before = &entry;
    }
  }

  void measure() {
    for (const TimelineEntry& entry : timeline_.entries) {
      offset_columns_ = std::max(offset_columns_, offset(entry.occurred_at).size());
      type_columns_ = std::clamp(width_of(entry.type), type_columns_, type_columns_max_);
      leg_columns_ = std::max(leg_columns_, labels_.of(entry.leg_id).size());
      place_columns_ = std::max(place_columns_, format_place(entry.place).size());
      lag_columns_ = std::max(lag_columns_, format_lag(entry).size());
    }
  }

  void record(const TimelineEntry& entry) {
    page_.put("  ").right(offset(entry.occurred_at), offset_columns_).put("  ");
    page_.put(format_clock(entry.occurred_at), Ink::kDim).put("  ");
    page_.left(entry.type, type_columns_, Ink::kBold).put("  ").left(labels_.of(entry.leg_id), leg_columns_);
    page_.put("  ").right(format_lag(entry), lag_columns_, Ink::kDim).put("  ");
    page_.left(status_name(entry.status_after), 9, ink_of(entry.status_after));
    page_.put("  ").left(format_place(entry.place), place_columns_, Ink::kDim);
    for (const Mark& mark : marks(entry)) page_.put("  ").put(mark.text, ink_of(mark.kind));
    page_.end_line();
  }

  void missing() {
    if (call_.missing.empty()) return;
    heading("Missing events");
    for (const MissingEvent& event : call_.missing) {
      page_.put("  ").put(event.type, Ink::kYellow).put("  of leg ").put(labels_.of(event.leg_id));
      page_.end_line();
    }
  }

  void recordings() {
    if (call_.recordings.empty()) return;
    heading("Recordings");
    for (const Recording& recording : call_.recordings) {
      page_.put("  ").whole(recording.id).put("  saved ").put(offset(recording.saved_at)).put("  ");
      page_.put(recording.channels);
      page_.end_line();
      for (const RecordingUrl& url : recording_urls(recording)) {
        page_.put("    ").put(url.name).put("  ").whole(url.url);
        page_.end_line();
      }
    }
  }

  void findings() {
    heading("Findings");
    if (timeline_.findings.empty()) page_.line("  none");
    for (const Finding& finding : timeline_.findings) {
      const Ink ink = ink_of(finding);
      page_.put("  ").put(to_string(finding.severity), ink).put(" ").put(to_string(finding.status), ink).put("  ");
      page_.put(finding.rule, Ink::kBold).put("  ").put(offset(finding.opened_at));
      if (finding.resolved_at) page_.put(" to ").put(offset(*finding.resolved_at));
      if (!finding.leg_ids.empty()) page_.put("  legs ").put(labels_.of(finding.leg_ids));
      page_.end_line();
      page_.paragraph(finding.summary, 4);
      if (!finding.action.empty()) page_.paragraph("Do: " + finding.action, 4);
      page_.put("    records");
      for (const Place place : finding.evidence) page_.put(" ").put(format_place(place));
      page_.end_line();
    }
  }

  const Timeline& timeline_;
  const Call& call_;
  const LegLabels labels_;
  TextPage page_;
  const std::size_t type_columns_max_;
  std::size_t offset_columns_ = 6, type_columns_ = 5, leg_columns_ = 3, lag_columns_ = 3, place_columns_ = 0;
};

}  // namespace

std::string render_text(const Timeline& timeline, bool colour, unsigned width) {
  return TextRenderer(timeline, colour, width).render();
}

}  // namespace hookledger
