#include <gtest/gtest.h>

#include "schemas/finding.h"
#include "schemas/json.h"

namespace hookledger {
namespace {

std::string json_of(const Finding& finding) {
  JsonWriter out;
  write_json(out, finding);
  return std::string(out.view());
}

TEST(FindingJson, HasTheMembersOfTheContract) {
  Finding finding;
  finding.id = "f-1";
  finding.rule = "legs-ring-after-hangup";
  finding.severity = Severity::kCritical;
  finding.call_id = "call-1";
  finding.leg_ids = {"leg-2", "leg-3"};
  finding.control_ids = {"v3:2"};
  finding.opened_at = *parse_time("2026-02-08T10:15:30Z");
  finding.summary = "Two legs ring.";
  finding.action = "Hang them up.";
  finding.evidence = {{3, 17}, {3, 18}};
  EXPECT_EQ(json_of(finding),
            R"({"id":"f-1","rule":"legs-ring-after-hangup","severity":"critical","status":"open","call_id":"call-1",)"
            R"("leg_ids":["leg-2","leg-3"],"control_ids":["v3:2"],"device_id":null,"organization_id":null,)"
            R"("opened_at":"2026-02-08T10:15:30.000000Z","resolved_at":null,"summary":"Two legs ring.",)"
            R"("action":"Hang them up.","evidence":[{"partition":3,"offset":17},{"partition":3,"offset":18}]})");

  finding.severity = Severity::kInfo;
  finding.status = FindingStatus::kResolved;
  finding.leg_ids.clear();
  finding.control_ids.clear();
  finding.organization_id = "org-1";
  finding.resolved_at = *parse_time("2026-02-08T10:15:31Z");
  finding.evidence.clear();
  EXPECT_EQ(json_of(finding),
            R"({"id":"f-1","rule":"legs-ring-after-hangup","severity":"info","status":"resolved","call_id":"call-1",)"
            R"("leg_ids":[],"control_ids":[],"device_id":null,"organization_id":"org-1",)"
            R"("opened_at":"2026-02-08T10:15:30.000000Z","resolved_at":"2026-02-08T10:15:31.000000Z",)"
            R"("summary":"Two legs ring.","action":"Hang them up.","evidence":[]})");
}

TEST(Finding, NamesItsSeverityAndStatus) {
  EXPECT_EQ(to_string(Severity::kWarning), "warning");
  EXPECT_EQ(to_string(FindingStatus::kNoted), "noted");
}

}  // namespace
}  // namespace hookledger
