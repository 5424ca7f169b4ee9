#include "schemas/alert_message.h"

#include <gmock/gmock.h>

#include "schemas/json.h"
#include "tests/support/seeded.h"

namespace hookledger {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using namespace std::chrono_literals;

AlertEdge edge(const std::string& id, Severity severity = Severity::kWarning, Time at = Time(1s)) {
  return {AlertKind::kOpened, "msg_" + id, "no-end", severity, at, R"({"id":")" + id + R"("})"};
}

TEST(AlertMessage, OfSeveralSaysHowManyAndTheFirst) {
  AlertMessage message(edge("0", Severity::kInfo, Time(5s)), Time(9s));
  for (int i = 1; i < 12; ++i) message.add(edge(std::to_string(i), Severity::kCritical, Time(2s)));
  EXPECT_THAT(message.findings, SizeIs(AlertMessage::kFindingsMax));
  message.seal();
  EXPECT_NE(message.id, "msg_0");
  EXPECT_EQ(message.id.find('.'), std::string::npos);
  const std::string body = alert_body(message);
  EXPECT_TRUE(is_json(body));
  EXPECT_THAT(
      body, HasSubstr(R"({"type":"findings.opened","timestamp":"1970-01-01T00:00:05.000000Z","data":{"rule":"no-end",)"
                      R"("severity":"critical","count":12,"first_at":"1970-01-01T00:00:02.000000Z")"));
  EXPECT_THAT(body, EndsWith(R"({"id":"9"}],"read_all":"/v1/findings?status=open&rule=no-end"}})"));
}

TEST(AlertMessage, IsStoredAsItIsAndDamageIsSeen) {
  AlertMessage message(edge("a"), Time(9s));
  message.add(edge("b"));
  const std::string bytes = encode_alert_message(message);
  EXPECT_EQ(encode_alert_message(decode_alert_message(bytes).value()), bytes);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_alert_message(bytes.substr(0, size))) << size;
  EXPECT_FALSE(decode_alert_message(bytes + "x"));
  auto random = seeded_generator();
  for (int i = 0; i < 20'000; ++i) {
    std::string damaged = bytes;
    for (std::size_t n = 1 + random_below(random, 4); n > 0; --n) {
      damaged[random_below(random, damaged.size())] = static_cast<char>(random());
    }
    if (const auto read = decode_alert_message(damaged)) (void)alert_body(*read);
  }
}

TEST(AlertFinding, IsBoundedWhateverTheFinding) {
  Finding finding;
  finding.id = "id";
  finding.rule = "no-end";
  finding.call_id = finding.organization_id = std::string(100'000, 'c');
  finding.leg_ids = finding.control_ids = std::vector<std::string>(10'000, std::string(1000, 'l'));
  for (int i = 0; i < 1000; ++i) finding.summary += "\xc3\xa4\xe2\x82\xac", finding.action += "\"\n";
  finding.evidence.resize(10'000);
  const std::string json = alert_finding(finding);
  EXPECT_TRUE(is_json(json));
  EXPECT_LT(json.size(), 12'000U);
  EXPECT_EQ(json.find("\xef\xbf\xbd"), std::string::npos) << "a character was cut";
}

}  // namespace
}  // namespace hookledger
