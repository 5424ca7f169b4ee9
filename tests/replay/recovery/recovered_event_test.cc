#include "replay/recovery/recovered_event.h"

#include <gmock/gmock.h>

#include "schemas/sources/telnyx.h"
#include "tests/support/call_builder.h"

namespace hookledger {
namespace {

using testing::build_call;
using testing::kStart;
using namespace std::chrono_literals;
using ::testing::StartsWith;

FetchedEvent fetched() {
  FetchedEvent event;
  event.id = "event-1";
  event.type = "call.hangup";
  event.leg_id = "leg-1";
  event.call_id = "call-1";
  event.occurred_at = kStart;
  event.payload = R"({"call_leg_id":"leg-1","call_session_id":"call-1","hangup_cause":"timeout"})";
  return event;
}

TEST(RecoveredEvent, IsReadAsTheDeliveryWouldHaveBeen) {
  const auto reader = make_telnyx_reader();
  const std::string body = recovered_body(fetched());
  const EventHead head = reader->head({.bytes = body});
  EXPECT_EQ(head.id, "event-1");
  EXPECT_EQ(head.type, "call.hangup");
  EXPECT_EQ(head.leg_id, "leg-1");
  EXPECT_EQ(head.call_id, "call-1");
  EXPECT_EQ(head.occurred_at, kStart);
  const EventDetail& detail = reader->detail({.bytes = body}, head.type);
  EXPECT_EQ(detail.effect, Effect::kHangup);
  EXPECT_EQ(detail.hangup_cause, "timeout");
}

TEST(RecoveredEvent, WithoutAPayloadStillNamesLegAndCall) {
  FetchedEvent event = fetched();
  event.payload.clear();
  const EventHead head = make_telnyx_reader()->head({.bytes = recovered_body(event)});
  EXPECT_EQ(head.leg_id, "leg-1");
  EXPECT_EQ(head.call_id, "call-1");
}

TEST(RecoveredEvent, WithoutAnIdHasOneThatFollowsFromWhatItIs) {
  FetchedEvent event = fetched();
  event.id.clear();
  const std::string id = event.event_id();
  EXPECT_THAT(id, StartsWith("recovered:"));
  EXPECT_EQ(event.event_id(), id);
  for (auto field : {&FetchedEvent::type, &FetchedEvent::leg_id, &FetchedEvent::call_id}) {
    FetchedEvent other = event;
    other.*field += "x";
    EXPECT_NE(other.event_id(), id);
  }
  FetchedEvent later = event;
  later.occurred_at = kStart + 1us;
  EXPECT_NE(later.event_id(), id);
}

TEST(RecoveredEvent, IsKnownByItsIdOrWithoutOneByItsMoment) {
  const CallFacts facts = build_call({{.type = "hangup", .leg = "leg-1", .id = "event-1"}});
  EXPECT_TRUE(has_event(facts, fetched()));
  FetchedEvent other = fetched();
  other.id = "event-2";
  EXPECT_FALSE(has_event(facts, other)) << "another id is another event";
  other.id.clear();
  EXPECT_TRUE(has_event(facts, other));
  other.occurred_at = kStart + 999us;
  EXPECT_TRUE(has_event(facts, other)) << "in the same millisecond";
  other.occurred_at = kStart + 1ms;
  EXPECT_FALSE(has_event(facts, other));
  other.occurred_at = kStart;
  other.leg_id = "leg-2";
  EXPECT_FALSE(has_event(facts, other));
  other = fetched();
  other.id.clear();
  other.occurred_at.reset();
  EXPECT_FALSE(has_event(facts, other));
}

TEST(RecoveredEvent, IsKnownWhenItWasRecoveredBeforeWithoutItsId) {
  FetchedEvent without_id = fetched();
  without_id.id.clear();
  const CallFacts facts = build_call({{.type = "hangup", .leg = "leg-1", .id = without_id.event_id()}});
  EXPECT_TRUE(has_event(facts, fetched()));
  FetchedEvent later = fetched();
  later.occurred_at = kStart + 1ms;
  EXPECT_FALSE(has_event(facts, later));
}

TEST(SyntheticHangup, SaysThatItIsSyntheticAndIsOneForEachLeg) {
  const DeadLeg leg{"leg-1", "control-1", "call-1", kStart - 1min, kStart};
  const FetchedEvent event = synthetic_hangup(leg);
  EXPECT_EQ(event.event_id(), synthetic_hangup({"leg-1", "other", "call-1", {}, kStart + 1h}).event_id());
  EXPECT_NE(event.event_id(), synthetic_hangup({"leg-2", "control-1", "call-1", {}, kStart}).event_id());
  const auto reader = make_telnyx_reader();
  const std::string body = recovered_body(event);
  EXPECT_THAT(body, ::testing::HasSubstr(R"("synthetic":true)"));
  EXPECT_THAT(body, ::testing::HasSubstr(R"("reason":"The provider's API says)"));
  const EventHead head = reader->head({.bytes = body});
  EXPECT_EQ(head.type, "call.hangup");
  EXPECT_EQ(head.leg_id, "leg-1");
  EXPECT_EQ(head.call_id, "call-1");
  EXPECT_EQ(head.occurred_at, kStart);
  const EventDetail& detail = reader->detail({.bytes = body}, head.type);
  EXPECT_EQ(detail.effect, Effect::kHangup);
  EXPECT_EQ(detail.control_id, "control-1");
  EXPECT_EQ(detail.hangup_cause, "");
}

}  // namespace
}  // namespace hookledger
