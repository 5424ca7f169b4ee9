#pragma once

#include "tests/replay/call_history.h"

namespace hookledger::testing {

/// A ring group: A calls in, B answers, C is told late that it lost; a gap, a recording, a finding.
inline CallHistory& tell_example(CallHistory& history) {
  history.tell({"e1",
                "call.initiated",
                "leg-a",
                0s,
                {},
                {{"direction", "incoming"},
                 {"from", "+12025550100"},
                 {"to", "+12025550199"},
                 {"client_state", "eyJvcmdhbml6YXRpb25faWQiOiJvcmctNyJ9"}}});
  history.tell({"e2",
                "call.initiated",
                "leg-b",
                500ms,
                {},
                {{"direction", "outgoing"}, {"from", "+12025550100"}, {"to", "+12025550001"}}});
  const Place answer = history.tell({"e4", "call.answered", "leg-b", 2s, 2100ms});
  history.tell({"e3",
                "call.initiated",
                "leg-c",
                501ms,
                2300ms,
                {{"direction", "outgoing"}, {"from", "+12025550100"}, {"to", "+12025550002"}}});
  history.tell({"e5", "call.answered", "leg-a", 2001ms, 2400ms});
  history.tell({"e6", "call.bridged", "leg-a", 3s});
  history.tell({"e7", "call.bridged", "leg-b", 3001ms});
  history.log.deliver_again(answer);
  history.log.deliver_again(answer);
  history.tell({"e9",
                "call.hangup",
                "leg-a",
                65s,
                {},
                {{"hangup_cause", "normal_clearing"}, {"hangup_source", "caller"}, {"sip_hangup_cause", "200"}}});
  history.tell(
      {"e10", "call.hangup", "leg-b", 65020ms, {}, {{"hangup_cause", "normal_clearing"}, {"hangup_source", "callee"}}});
  history.tell({"e8",
                "call.hangup",
                "leg-c",
                2500ms,
                68s,
                {{"hangup_cause", "originator_cancel"}, {"hangup_source", "caller"}, {"sip_hangup_cause", "487"}}});
  history.tell({"e11",
                "call.recording.saved",
                "leg-a",
                66s,
                68500ms,
                {{"channels", "dual"},
                 {"recording_id", "rec-1"},
                 {"recording_started_at", "2026-02-08T10:15:33Z"},
                 {"recording_ended_at", "2026-02-08T10:16:35Z"}},
                R"("recording_urls":{"mp3":"https://example.com/a.mp3?x=1&y=<2>"})"});
  history.tell({"e12", "call.cost", "", 67s, 69s, {}, {}, true, Provenance::kImported});
  Finding finding;
  finding.id = "f1";
  finding.rule = "legs-ring-after-hangup";
  finding.severity = Severity::kCritical;
  finding.status = FindingStatus::kResolved;
  finding.call_id = history.call_id;
  finding.leg_ids = {"leg-c"};
  finding.control_ids = {"v3:leg-c"};
  finding.organization_id = "org-7";
  finding.opened_at = kStart + 67s;
  finding.resolved_at = kStart + 68s;
  finding.summary =
      "Leg C was still ringing 2 s after the originator had ended, so a phone may ring with nobody there.";
  finding.action = "Hang up the legs listed, then look at why their events came late.";
  finding.evidence = {{0, 7}, {0, 9}};
  history.rules.found = {finding};
  finding.id = "f2";
  finding.rule = "late-event";
  finding.severity = Severity::kInfo;
  finding.status = FindingStatus::kNoted;
  finding.opened_at = kStart + 68s;
  finding.resolved_at.reset();
  finding.summary = "call.hangup was received 65.5s after it occurred.";
  finding.action = "Nothing for this call.";
  history.rules.found.push_back(finding);
  return history;
}

}  // namespace hookledger::testing
