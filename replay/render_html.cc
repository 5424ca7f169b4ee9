#include "replay/html.h"
#include "replay/timeline.h"

namespace hookledger {
namespace {

constexpr std::string_view kHead =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"referrer\" content=\"no-referrer\">\n";

std::string_view class_of(MarkKind kind) {
  switch (kind) {
    case MarkKind::kTelemetry: return "telemetry";
    case MarkKind::kLate: return "late";
    case MarkKind::kRepeat: return "repeat";
    case MarkKind::kDeliveries: return "deliveries";
    case MarkKind::kProvenance: return "provenance";
    case MarkKind::kSignature: return "signature";
  }
  return "";
}

std::string badge(std::string_view css_class, std::string_view text) {
  return "<span class=\"badge " + std::string(css_class) + "\">" + html_text(text) + "</span>";
}

std::string element(std::string_view open, std::string_view text, std::string_view close) {
  return std::string(open) + html_text(text.empty() ? std::string_view("–") : text) + std::string(close);
}

class Page {
 public:
  explicit Page(const Timeline& timeline) : timeline_(timeline), call_(timeline.call), labels_(timeline.call) {}

  std::string render() {
    out_ = kHead;
    out_ += element("<title>Call ", call_.id, "</title>\n<style>");
    out_.append(kHtmlStyle).append("</style>\n</head>\n<body>\n<main>\n");
    header();
    findings();
    out_.append("<h2>Ladder</h2>\n<div class=\"card scroll\">").append(html_ladder(timeline_)).append("</div>\n");
    legs();
    recordings();
    records();
    out_ +=
        "<p class=\"soft\">Times are UTC; offsets count from the first event of the "
        "call.</p>\n</main>\n</body>\n</html>\n";
    return std::move(out_);
  }

 private:
  std::string offset(Time time) const { return format_offset(time, call_.first_at); }
  std::string offset(const std::optional<Time>& time) const { return time ? offset(*time) : std::string(); }

  void fact(std::string_view name, std::string_view value) {
    if (!value.empty()) out_ += element("<div><dt>", name, "</dt>") + element("<dd>", value, "</dd></div>\n");
  }

  void moment(std::string_view name, const std::optional<Time>& time) {
    if (time) fact(name, format_clock(*time) + "  (" + offset(*time) + ")");
  }

  void header() {
    out_ +=
        element("<h1>Call <code>", call_.id, "</code> ") + badge(status_name(call_.status), status_name(call_.status));
    out_ += "</h1>\n<dl class=\"facts card\">\n";
    fact("From", call_.from);
    fact("To", call_.to);
    fact("Direction", call_.direction);
    fact("Source", call_.source);
    fact("Organisation", call_.organization_id);
    fact("Date", format_date(call_.first_at));
    moment("First event", call_.first_at);
    moment("Initiated", call_.initiated_at);
    moment("Answered", call_.answered_at);
    moment("Bridged", call_.bridged_at);
    moment("Ended", call_.ended_at);
    if (call_.initiated_at && call_.ended_at) fact("Duration", format_duration(*call_.ended_at - *call_.initiated_at));
    if (!call_.winner_leg_id.empty()) fact("Winner", "leg " + labels_.of(call_.winner_leg_id));
    fact("Hangup cause", call_.hangup_cause);
    fact("Hangup source", call_.hangup_source);
    fact("Events", std::to_string(call_.event_count));
    out_ += "</dl>\n";
  }

  void findings() {
    out_ += "<h2>Findings</h2>\n";
    if (timeline_.findings.empty()) out_ += "<p class=\"soft\">None.</p>\n";
    for (const Finding& finding : timeline_.findings) {
      const std::string status(to_string(finding.status)), severity(to_string(finding.severity));
      out_ += "<article class=\"card finding " + severity + " " + status + "\">";
      out_ += "<h3>" + badge(severity, severity + ", " + status) + html_text(finding.rule) +
              element(" <span class=\"soft\">", offset(finding.opened_at), "");
      if (finding.resolved_at) out_ += " to " + offset(*finding.resolved_at);
      if (!finding.leg_ids.empty()) out_ += element(", legs ", labels_.of(finding.leg_ids), "");
      out_ += element("</span></h3><p>", finding.summary, "</p>") + element("<p>", finding.action, "</p>");
      out_ += "<p class=\"id\">records";
      for (const Place place : finding.evidence) out_ += " " + format_place(place);
      out_ += "</p></article>\n";
    }
  }

  void legs() {
    if (call_.legs.empty()) return;
    out_ +=
        "<h2>Legs</h2>\n<div class=\"card scroll\"><table>\n<thead><tr><th>Leg</th><th>Status</th><th>From, to</th>"
        "<th class=\"number\">Initiated</th><th class=\"number\">Answered</th><th class=\"number\">Bridged</th>"
        "<th class=\"number\">Ended</th><th>Hangup</th></tr></thead>\n<tbody>\n";
    for (const Leg& leg : call_.legs) {
      out_ += element("<tr><td><strong>", labels_.of(leg.id), "</strong>") + element(" ", leg.direction, "");
      out_ += element("<div class=\"id mono\">", leg.id, "</div>") +
              element("<div class=\"id mono\">", leg.control_id, "</div></td><td>");
      out_ += badge(status_name(leg.status), status_name(leg.status)) +
              element("</td><td class=\"party\">", leg.from, "<br>") + element("", leg.to, "</td>");
      for (const auto& time : {leg.initiated_at, leg.answered_at, leg.bridged_at, leg.ended_at}) {
        out_ += element("<td class=\"number\">", offset(time), "</td>");
      }
      out_ += element("<td>", leg.hangup_cause, "");
      if (!leg.hangup_source.empty()) out_ += element(" by ", leg.hangup_source, "");
      if (!leg.sip_hangup_cause.empty()) out_ += element(", SIP ", leg.sip_hangup_cause, "");
      out_ += "</td></tr>\n";
    }
    for (const MissingEvent& missing : call_.missing) {
      out_ += element("<tr><td><strong>", labels_.of(missing.leg_id), "</strong></td><td colspan=\"7\">");
      out_ += badge("late", "missing") + element(" ", missing.type, "</td></tr>\n");
    }
    out_ += "</tbody></table></div>\n";
  }

  void recordings() {
    if (call_.recordings.empty()) return;
    out_ += "<h2>Recordings</h2>\n<div class=\"card scroll\"><table>\n<tbody>\n";
    for (const Recording& recording : call_.recordings) {
      out_ += element("<tr><td class=\"mono\">", recording.id, "</td>") + element("<td>", recording.channels, "</td>");
      out_ += element("<td>saved ", offset(recording.saved_at), "</td><td>");
      for (const RecordingUrl& url : recording_urls(recording)) out_ += link(url);
      out_ += "</td></tr>\n";
    }
    out_ += "</tbody></table></div>\n";
  }

  /// Only http and https can be followed: any other scheme could run something.
  static std::string link(const RecordingUrl& url) {
    const std::string shown = html_text(url.url);
    const bool web = url.url.starts_with("https://") || url.url.starts_with("http://");
    return element("<div>", url.name, " ") +
           (web ? "<a rel=\"noreferrer noopener\" href=\"" + shown + "\">" + shown + "</a>"
                : "<code>" + shown + "</code>") +
           "</div>";
  }

  void records() {
    out_ +=
        "<h2>Records</h2>\n<div class=\"card records\">\n<div class=\"row head\"><span class=\"number\">Offset</span>"
        "<span>Time</span><span>Type</span><span>Leg</span><span class=\"number\">Lag</span><span>Call then</span>"
        "<span>Marks</span><span>Place</span></div>\n";
    const TimelineEntry* before = nullptr;
    for (const TimelineEntry& entry : timeline_.entries) {
      if (before != nullptr && entry.occurred_at - before->occurred_at > kGapMin) {
        out_ +=
            element("<div class=\"gap\">gap of ", format_duration(entry.occurred_at - before->occurred_at), "</div>\n");
      }
      record(entry);
      before = &entry;
    }
    out_ += "</div>\n";
  }

  void record(const TimelineEntry& entry) {
    const std::string_view status = status_name(entry.status_after);
    out_ += element("<details><summary class=\"row\"><span class=\"number\">", offset(entry.occurred_at), "</span>");
    out_ += element("<span class=\"soft\">", format_clock(entry.occurred_at), "</span>");
    out_ +=
        "<span class=\"type " + std::string(html_class(tone_of(entry.type))) + element("\">", entry.type, "</span>");
    out_ += element("<span>", labels_.of(entry.leg_id), "</span>") +
            element("<span class=\"number\">", format_lag(entry), "</span>");
    out_ += "<span class=\"then " + std::string(status) + element("\">", status, "</span><span class=\"marks\">");
    for (const Mark& mark : marks(entry)) out_ += badge(class_of(mark.kind), mark.text);
    out_ += element("</span><span class=\"soft\">", format_place(entry.place),
                    "</span><span class=\"more\"></span></summary>");
    out_ += element("<div class=\"detail\"><dl><dt>Event</dt><dd class=\"mono\">", entry.id, "</dd>");
    out_ += element("<dt>Source</dt><dd class=\"mono\">", entry.source, "</dd>");
    if (!entry.device_id.empty()) out_ += element("<dt>Device</dt><dd class=\"mono\">", entry.device_id, "</dd>");
    out_ += element("<dt>Leg</dt><dd class=\"mono\">", entry.leg_id, "</dd>");
    out_ += element("<dt>Occurred</dt><dd>", format_time(entry.occurred_at), "</dd>");
    out_ += element("<dt>Received</dt><dd>", format_time(entry.received_at), "</dd>");
    out_ += element("<dt>Signature</dt><dd>", to_string(entry.signature), " ") +
            element("<span class=\"mono soft\">", entry.key_id, "</span></dd></dl>");
    out_.append("<pre>").append(html_body(entry.body, entry.body_is_json)).append("</pre></div></details>\n");
  }

  const Timeline& timeline_;
  const Call& call_;
  const LegLabels labels_;
  std::string out_;
};

}  // namespace

std::string render_html(const Timeline& timeline) { return Page(timeline).render(); }

}  // namespace hookledger
