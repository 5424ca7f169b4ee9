#pragma once

#include "tests/replay/call_history.h"

namespace hookledger::testing {

/// Markup, terminal escapes, line breaks, a bidirectional override, Mermaid directives and bytes that are no UTF-8.
inline const std::string kEvil =
    "<script>alert(\"x\")</script>\x1b[31mred\x1b]0;title\x07 `|'\"; %%{init: {}}%%\r\nForged: "
    "line\n#end\xE2\x80\xAE&amp;\xC2\x9B\xFF";

/// A call with `text` wherever there is a string from outside.
inline Timeline call_full_of(const std::string& text) {
  Timeline timeline;
  Call& call = timeline.call;
  call.id = call.source = call.organization_id = call.direction = call.from = call.to = text;
  call.hangup_cause = call.hangup_source = text;
  call.status = CallStatus::kEnded;
  call.initiated_at = call.answered_at = call.bridged_at = call.ended_at = kStart;
  call.first_at = kStart;
  call.last_at = kStart + 90s;
  call.event_count = 3;
  Leg leg;
  leg.id = leg.control_id = leg.direction = leg.from = leg.to = text;
  leg.hangup_cause = leg.hangup_source = leg.sip_hangup_cause = text;
  leg.initiated_at = leg.ended_at = kStart;
  call.legs = {leg};
  leg.id += "2";
  call.legs.push_back(leg);
  call.originator_leg_id = call.winner_leg_id = text;
  call.missing = {{text, text}, {"", text}};
  JsonWriter urls;
  urls.begin_object();
  urls.member(text, text);
  urls.member("script", "javascript:alert(1)");
  urls.member("web", "https://example.com/" + text);
  urls.end_object();
  Recording recording;
  recording.id = recording.channels = text;
  recording.saved_at = kStart;
  recording.urls = urls.view();
  call.recordings = {recording};
  timeline.open_rules = {text};

  TimelineEntry entry;
  entry.id = entry.source = entry.type = entry.leg_id = entry.device_id = entry.key_id = entry.body = text;
  entry.body_is_json = false;
  entry.occurred_at = kStart;
  entry.received_at = kStart + 5s;
  entry.late = true;
  timeline.entries.push_back(entry);
  entry.body = "[\"<script>\x7f\xE2\x80\xAE</script>\",{\"<b>\":\"&\"}]";
  entry.body_is_json = true;
  entry.occurred_at += 90s;
  timeline.entries.push_back(entry);
  entry.leg_id = "a leg that the call does not have" + text;
  entry.occurred_at += 1s;
  timeline.entries.push_back(entry);
  entry.telemetry = true;
  entry.occurred_at += 1s;
  timeline.entries.push_back(entry);

  Finding finding;
  finding.id = finding.rule = finding.call_id = finding.organization_id = finding.summary = finding.action = text;
  finding.leg_ids = finding.control_ids = {text};
  finding.opened_at = kStart;
  timeline.findings = {finding};
  return timeline;
}

/// Is there anything that acts on a terminal, but for line breaks?
inline bool has_control_bytes(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && byte != '\n') || byte == 0x7f || byte == 0xff) return true;
  }
  return text.find("\xE2\x80\xAE") != std::string_view::npos || text.find("\xC2\x9B") != std::string_view::npos;
}

}  // namespace hookledger::testing
