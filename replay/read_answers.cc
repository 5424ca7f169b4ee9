#include "replay/read_answers.h"

namespace hookledger {
CallStatus read_status(Members& from, std::string_view name) {
  return from.one_of(name, {CallStatus::kNone, CallStatus::kInitiated, CallStatus::kRinging, CallStatus::kAnswered,
                            CallStatus::kBridged, CallStatus::kEnded});
}

namespace {

Leg read_leg(Members from) {
  Leg leg;
  leg.id = from.text("id");
  leg.control_id = from.text("control_id");
  leg.direction = from.text("direction");
  leg.from = from.text("from");
  leg.to = from.text("to");
  leg.status = read_status(from, "status");
  leg.initiated_at = from.time_or_null("initiated_at");
  leg.ringing_at = from.time_or_null("ringing_at");
  leg.answered_at = from.time_or_null("answered_at");
  leg.bridged_at = from.time_or_null("bridged_at");
  leg.ended_at = from.time_or_null("ended_at");
  leg.hangup_cause = from.text("hangup_cause");
  leg.hangup_source = from.text("hangup_source");
  leg.sip_hangup_cause = from.text("sip_hangup_cause");
  return leg;
}

Recording read_recording(Members from) {
  Recording recording;
  recording.id = from.text("id");
  recording.started_at = from.time_or_null("started_at");
  recording.ended_at = from.time_or_null("ended_at");
  recording.saved_at = from.time("saved_at");
  recording.channels = from.text("channels");
  recording.urls = from.json("urls").value_or("{}");
  return recording;
}

}  // namespace

ListedCall read_call(Members from) {
  ListedCall listed;
  Call& call = listed.call;
  call.id = from.text("id");
  call.source = from.text("source");
  call.organization_id = from.text("organization_id");
  call.status = read_status(from, "status");
  call.direction = from.text("direction");
  call.from = from.text("from");
  call.to = from.text("to");
  call.initiated_at = from.time_or_null("initiated_at");
  call.answered_at = from.time_or_null("answered_at");
  call.bridged_at = from.time_or_null("bridged_at");
  call.ended_at = from.time_or_null("ended_at");
  call.hangup_cause = from.text("hangup_cause");
  call.hangup_source = from.text("hangup_source");
  call.originator_leg_id = from.text("originator_leg_id");
  call.winner_leg_id = from.text("winner_leg_id");
  from.objects("legs", [&](Members leg) { call.legs.push_back(read_leg(leg)); });
  from.objects("recordings", [&](Members recording) { call.recordings.push_back(read_recording(recording)); });
  from.object("events", [&](Members events) {
    call.event_count = events.count("count");
    call.first_at = events.time("first_at");
    call.last_at = events.time("last_at");
  });
  from.objects("missing", [&](Members missing) {
    call.missing.push_back({missing.text("leg_id"), missing.text("type")});
  });
  listed.open_rules = from.texts("findings");
  return listed;
}

Finding read_finding(Members from) {
  Finding finding;
  finding.id = from.text("id");
  finding.rule = from.text("rule");
  finding.severity = from.one_of("severity", {Severity::kInfo, Severity::kWarning, Severity::kCritical});
  finding.status = from.one_of("status", {FindingStatus::kOpen, FindingStatus::kResolved, FindingStatus::kNoted});
  finding.call_id = from.text("call_id");
  finding.leg_ids = from.texts("leg_ids");
  finding.control_ids = from.texts("control_ids");
  finding.device_id = from.text("device_id");
  finding.organization_id = from.text("organization_id");
  finding.opened_at = from.time("opened_at");
  finding.resolved_at = from.time_or_null("resolved_at");
  finding.summary = from.text("summary");
  finding.action = from.text("action");
  from.objects("evidence", [&](Members place) {
    finding.evidence.push_back(
        {static_cast<std::uint32_t>(place.count("partition", UINT32_MAX)), place.count("offset")});
  });
  return finding;
}

}  // namespace hookledger
