#include <gtest/gtest.h>

#include "schemas/call.h"
#include "schemas/json.h"

namespace hookledger {
namespace {

std::string json_of(const Call& call, const std::vector<std::string>* findings = nullptr) {
  JsonWriter out;
  write_json(out, call, findings);
  return std::string(out.view());
}

Time at(int second) { return *parse_time("2026-02-08T10:15:30Z") + std::chrono::seconds(second); }

TEST(CallJson, WritesAbsentFactsAsNull) {
  Call call;
  call.id = "call-1";
  call.source = "telnyx";
  call.event_count = 1;
  call.first_at = call.last_at = at(0);
  EXPECT_EQ(json_of(call),
            R"({"id":"call-1","source":"telnyx","organization_id":null,"status":null,"direction":null,"from":null,)"
            R"("to":null,"initiated_at":null,"answered_at":null,"bridged_at":null,"ended_at":null,"hangup_cause":null,)"
            R"("hangup_source":null,"originator_leg_id":null,"winner_leg_id":null,"legs":[],"recordings":[],)"
            R"("events":{"count":1,"first_at":"2026-02-08T10:15:30.000000Z",)"
            R"("last_at":"2026-02-08T10:15:30.000000Z"},"missing":[]})");
}

TEST(CallJson, WritesEveryFactInTheOrderOfTheContract) {
  Call call;
  call.id = "call-1";
  call.source = "telnyx";
  call.organization_id = "org-1";
  call.status = CallStatus::kEnded;
  call.direction = "incoming";
  call.from = "+15550001";
  call.to = "+15550002";
  call.initiated_at = at(0);
  call.answered_at = at(1);
  call.bridged_at = at(2);
  call.ended_at = at(9);
  call.hangup_cause = "normal_clearing";
  call.hangup_source = "caller";
  call.originator_leg_id = "leg-1";
  call.winner_leg_id = "leg-2";
  call.legs.push_back(Leg{.id = "leg-1",
                          .control_id = "v3:1",
                          .direction = "incoming",
                          .from = "+15550001",
                          .to = "+15550002",
                          .status = CallStatus::kEnded,
                          .initiated_at = at(0),
                          .ringing_at = at(3),
                          .answered_at = at(1),
                          .bridged_at = at(2),
                          .ended_at = at(9),
                          .hangup_cause = "normal_clearing",
                          .hangup_source = "caller",
                          .sip_hangup_cause = "200"});
  call.recordings.push_back(Recording{.id = "rec-1",
                                      .started_at = at(2),
                                      .ended_at = at(9),
                                      .saved_at = at(10),
                                      .channels = "dual",
                                      .urls = R"({"mp3":"https://example.com/a"})"});
  call.recordings.push_back(
      Recording{.id = "rec-2", .started_at = {}, .ended_at = {}, .saved_at = at(11), .channels = "", .urls = ""});
  call.event_count = 7;
  call.first_at = at(0);
  call.last_at = at(11);
  call.missing.push_back({.leg_id = "leg-1", .type = "call.answered"});
  const std::vector<std::string> findings{"late-event", "no-end"};
  EXPECT_EQ(json_of(call, &findings),
            R"({"id":"call-1","source":"telnyx","organization_id":"org-1","status":"ended","direction":"incoming",)"
            R"("from":"+15550001","to":"+15550002","initiated_at":"2026-02-08T10:15:30.000000Z",)"
            R"("answered_at":"2026-02-08T10:15:31.000000Z","bridged_at":"2026-02-08T10:15:32.000000Z",)"
            R"("ended_at":"2026-02-08T10:15:39.000000Z","hangup_cause":"normal_clearing","hangup_source":"caller",)"
            R"("originator_leg_id":"leg-1","winner_leg_id":"leg-2","legs":[{"id":"leg-1","control_id":"v3:1",)"
            R"("direction":"incoming","from":"+15550001","to":"+15550002","status":"ended",)"
            R"("initiated_at":"2026-02-08T10:15:30.000000Z","ringing_at":"2026-02-08T10:15:33.000000Z",)"
            R"("answered_at":"2026-02-08T10:15:31.000000Z","bridged_at":"2026-02-08T10:15:32.000000Z",)"
            R"("ended_at":"2026-02-08T10:15:39.000000Z","hangup_cause":"normal_clearing","hangup_source":"caller",)"
            R"("sip_hangup_cause":"200"}],"recordings":[{"id":"rec-1","started_at":"2026-02-08T10:15:32.000000Z",)"
            R"("ended_at":"2026-02-08T10:15:39.000000Z","saved_at":"2026-02-08T10:15:40.000000Z","channels":"dual",)"
            R"("urls":{"mp3":"https://example.com/a"}},{"id":"rec-2","started_at":null,"ended_at":null,)"
            R"("saved_at":"2026-02-08T10:15:41.000000Z","channels":null,"urls":{}}],)"
            R"("events":{"count":7,"first_at":"2026-02-08T10:15:30.000000Z","last_at":"2026-02-08T10:15:41.000000Z"},)"
            R"("missing":[{"leg_id":"leg-1","type":"call.answered"}],"findings":["late-event","no-end"]})");
}

TEST(CallStatus, HasANameEach) {
  for (const auto status : {CallStatus::kInitiated, CallStatus::kRinging, CallStatus::kAnswered, CallStatus::kBridged,
                            CallStatus::kEnded}) {
    EXPECT_EQ(parse_call_status(to_string(status)), status);
  }
  EXPECT_EQ(to_string(CallStatus::kNone), "");
  EXPECT_FALSE(parse_call_status(""));
  EXPECT_FALSE(parse_call_status("Ended"));
}

}  // namespace
}  // namespace hookledger
