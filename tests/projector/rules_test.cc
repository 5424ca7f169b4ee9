// Each built-in rule: opens at its deadline and not a microsecond before, or on the arrival that came after
// it; ends with the arrival of what it waited for.
#include <gmock/gmock.h>

#include "projector/rules/built_in_rules.h"
#include "tests/support/call_builder.h"

namespace hookledger {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

using Events = std::vector<BuiltEvent>;

class RulesTest : public ::testing::Test {
 protected:
  std::optional<Finding> find(const Events& events, const std::string& rule, Duration at) const {
    std::optional<Finding> last;
    for (const Finding& finding : rules_->findings(build_call(events), kStart + at)) {
      if (finding.rule == rule) last = finding;
    }
    return last;
  }

  std::vector<std::string> open_at(const Events& events, Duration at) const {
    return open_rules(rules_->findings(build_call(events), kStart + at));
  }

  /// Quiet until just before `opens`, then open with these legs; resolved when `ending` arrives.
  void opens_and_ends(const std::string& rule, const Events& events, Duration opens,
                      const std::vector<std::string>& legs, const BuiltEvent& ending) {
    SCOPED_TRACE(rule);
    EXPECT_FALSE(find(events, rule, opens - 1us));
    for (const Duration at : {opens, opens + 1us, opens + 24h}) {
      const auto open = find(events, rule, at);
      ASSERT_TRUE(open);
      EXPECT_EQ(open->status, FindingStatus::kOpen);
      EXPECT_EQ(open->opened_at, kStart + opens);
      EXPECT_EQ(open->resolved_at, std::nullopt);
      EXPECT_EQ(open->leg_ids, legs);
    }

    Events ended = events;
    ended.push_back(ending);
    const Duration arrival = ending.received_at() - kStart;
    ASSERT_GT(arrival, opens);
    EXPECT_EQ(find(ended, rule, arrival - 1us)->status, FindingStatus::kOpen);
    const auto resolved = find(ended, rule, arrival);
    ASSERT_TRUE(resolved);
    EXPECT_EQ(resolved->status, FindingStatus::kResolved);
    EXPECT_EQ(resolved->opened_at, kStart + opens);
    EXPECT_EQ(resolved->resolved_at, kStart + arrival);
    EXPECT_EQ(resolved->leg_ids, legs);
    EXPECT_EQ(resolved->id, find(events, rule, opens)->id);
  }

  std::unique_ptr<RuleSet> rules_ = built_in_rules();
};

const BuiltEvent kCaller{.type = "initiated", .leg = "a", .at = 0s, .direction = "incoming"};

/// The caller and two devices that ring.
Events ringing() {
  return {kCaller,
          {.type = "initiated", .leg = "b", .at = 200ms, .direction = "outgoing"},
          {.type = "initiated", .leg = "c", .at = 300ms, .direction = "outgoing"}};
}

Events operator+(Events events, const Events& more) {
  events.insert(events.end(), more.begin(), more.end());
  return events;
}

Events talking() {
  return ringing() + Events{{.type = "answered", .leg = "b", .at = 5s},
                            {.type = "answered", .leg = "a", .at = 5100ms},
                            {.type = "hangup", .leg = "c", .at = 5500ms},
                            {.type = "bridged", .leg = "a", .at = 5600ms},
                            {.type = "bridged", .leg = "b", .at = 5600ms}};
}

Events healthy() {
  return talking() + Events{{.type = "hangup", .leg = "a", .at = 90s}, {.type = "hangup", .leg = "b", .at = 90500ms}};
}

TEST_F(RulesTest, AHealthyCallIsQuietAtEveryInstant) {
  for (Duration at = 0s; at < 100s; at += 10ms) EXPECT_THAT(open_at(healthy(), at), IsEmpty()) << format_duration(at);
  EXPECT_THAT(rules_->findings(build_call(healthy()), kStart + 24h), IsEmpty());
  EXPECT_EQ(rules_->next_deadline(build_call(healthy())), std::nullopt);
}

TEST_F(RulesTest, LegsRingAfterHangup) {
  const Events gone = ringing() + Events{{.type = "hangup", .leg = "a", .at = 3s}};
  opens_and_ends("legs-ring-after-hangup", gone + Events{{.type = "hangup", .leg = "c", .at = 4s}}, 5s, {"b"},
                 {.type = "hangup", .leg = "b", .at = 9s});

  const auto both = find(gone, "legs-ring-after-hangup", 6s);
  EXPECT_THAT(both->leg_ids, ElementsAre("b", "c"));
  EXPECT_THAT(both->control_ids, ElementsAre("control-b", "control-c"));
  EXPECT_EQ(both->severity, Severity::kCritical);
  EXPECT_THAT(both->evidence, ElementsAre(Place{3, 1}, Place{3, 2}, Place{3, 3}));
  EXPECT_EQ(both->summary,
            "The originator, leg a, ended at 2026-02-08T10:00:03.000000Z, but legs b and c had not ended 2s later.");
  EXPECT_THAT(both->action, HasSubstr("Hang up control ids control-b and control-c"));
}

TEST_F(RulesTest, ActionsReadWellWithoutControlIds) {
  const Events answered = {kCaller, {.type = "answered", .leg = "b", .at = 4s}};
  EXPECT_THAT(find(answered, "answered-not-bridged", 14s)->action,
              HasSubstr("the state of the legs (control ids not known): if alive"));
}

TEST_F(RulesTest, LegsRingAfterAnswer) {
  const Events answered = ringing() + Events{{.type = "answered", .leg = "b", .at = 4s}};
  opens_and_ends("legs-ring-after-answer", answered, 6s, {"c"}, {.type = "hangup", .leg = "c", .at = 8s});
  opens_and_ends("legs-ring-after-answer", answered, 6s, {"c"}, {.type = "answered", .leg = "c", .at = 8s});
}

TEST_F(RulesTest, AnsweredNotBridged) {
  const Events answered = ringing() + Events{{.type = "answered", .leg = "a", .at = 1s},
                                             {.type = "answered", .leg = "b", .at = 4s},
                                             {.type = "hangup", .leg = "c", .at = 5s}};
  opens_and_ends("answered-not-bridged", answered, 14s, {"b"}, {.type = "bridged", .leg = "b", .at = 15s});
  opens_and_ends("answered-not-bridged", answered, 14s, {"b"}, {.type = "hangup", .leg = "b", .at = 15s});
  EXPECT_EQ(find(answered, "answered-not-bridged", 14s)->summary,
            "No bridge and no end followed within 10s of the answer of leg b (2026-02-08T10:00:04.000000Z).");
}

TEST_F(RulesTest, NoAnswerNoEnd) {
  const Events events = {kCaller};
  opens_and_ends("no-answer-no-end", events, 60s, {"a"}, {.type = "answered", .leg = "a", .at = 61s});
  opens_and_ends("no-answer-no-end", events, 60s, {"a"}, {.type = "hangup", .leg = "a", .at = 61s});
  EXPECT_FALSE(find({{.type = "dtmf.received", .leg = "a"}}, "no-answer-no-end", 24h)) << "nobody knows since when";
}

TEST_F(RulesTest, PeerNotEnded) {
  const Events alone = talking() + Events{{.type = "hangup", .leg = "b", .at = 20s}};
  opens_and_ends("peer-not-ended", alone, 30s, {"a"}, {.type = "hangup", .leg = "a", .at = 40s});
  EXPECT_FALSE(find(talking(), "peer-not-ended", 24h)) << "both talk";

  const Events third = alone + Events{{.type = "bridged", .leg = "d", .at = 35s}};
  EXPECT_EQ(find(third, "peer-not-ended", 50s)->resolved_at, kStart + 35020ms) << "no more exactly two";
}

TEST_F(RulesTest, NoEnd) {
  const Events events = {kCaller, {.type = "answered", .leg = "a", .at = 1s}};
  opens_and_ends("no-end", events, 4h + 5min, {"a"}, {.type = "hangup", .leg = "a", .at = 5h});
}

TEST_F(RulesTest, MissingEvent) {
  const Events unannounced = {kCaller, {.type = "answered", .leg = "b", .at = 4s, .control_id = "cb"}};
  opens_and_ends("missing-event", unannounced, 9s, {"b"}, {.type = "initiated", .leg = "b", .at = 3s, .received = 10s});
  const auto open = find(unannounced, "missing-event", 9s);
  EXPECT_EQ(open->summary, "Other events prove what was not received within 5s: call.initiated of leg b.");
  EXPECT_THAT(open->control_ids, ElementsAre("cb"));

  const Events unanswered = {kCaller, {.type = "bridged", .leg = "a", .at = 4s}};
  opens_and_ends("missing-event", unanswered, 9s, {"a"}, {.type = "answered", .leg = "a", .at = 3s, .received = 10s});
}

TEST_F(RulesTest, ALegWithTwoMissingEventsIsToldOnce) {
  const Events events = {{.type = "bridged", .leg = "b", .at = 4s}};
  EXPECT_THAT(find(events, "missing-event", 9s)->summary, HasSubstr("call.initiated and call.answered of leg b"));
}

TEST_F(RulesTest, RecordingNotSaved) {
  EXPECT_FALSE(find(healthy(), "recording-not-saved", 24h)) << "off by default";
  rules_ = built_in_rules({.expect_recordings = true});
  opens_and_ends("recording-not-saved", healthy(), 90500ms + 5min, {},
                 {.type = "recording.saved", .leg = "a", .at = 91s, .received = 10min});
  EXPECT_FALSE(find(talking(), "recording-not-saved", 24h)) << "has not ended";
  EXPECT_FALSE(find(healthy() + Events{{.type = "recording.saved", .at = 91s}}, "recording-not-saved", 24h));
}

TEST_F(RulesTest, OrganizationConflict) {
  Events events = ringing();
  events[0].organization = events[1].organization = "org-1";
  EXPECT_FALSE(find(events, "organization-conflict", 24h));
  events[2].organization = "org-2";
  const auto noted = find(events, "organization-conflict", 1s);
  ASSERT_TRUE(noted);
  EXPECT_EQ(noted->status, FindingStatus::kNoted);
  EXPECT_EQ(noted->opened_at, events[2].received_at());
  EXPECT_EQ(noted->resolved_at, std::nullopt);
  EXPECT_EQ(noted->organization_id, "org-1");
  EXPECT_THAT(noted->leg_ids, ElementsAre("a", "b", "c"));
  EXPECT_EQ(noted->summary, "Events of this call name different organisations: org-1 and org-2.");
  EXPECT_THAT(open_at(events, 1s), IsEmpty());
}

TEST_F(RulesTest, DoubleAnswerIsForgottenWhenTheFirstHadEnded) {
  const Events events =
      ringing() + Events{{.type = "answered", .leg = "b", .at = 4s}, {.type = "answered", .leg = "c", .at = 6s}};
  const auto noted = find(events, "double-answer", 7s);
  ASSERT_TRUE(noted);
  EXPECT_EQ(noted->status, FindingStatus::kNoted);
  EXPECT_EQ(noted->opened_at, kStart + 6020ms);
  EXPECT_THAT(noted->leg_ids, ElementsAre("b", "c"));

  const Events ended_later = events + Events{{.type = "hangup", .leg = "b", .at = 6s + 1us}};
  EXPECT_EQ(find(ended_later, "double-answer", 1h)->opened_at, kStart + 6020ms) << "was so, and stays noted";
  const Events ended_before = events + Events{{.type = "hangup", .leg = "b", .at = 6s, .received = 8s}};
  EXPECT_TRUE(find(ended_before, "double-answer", 8s - 1us));
  EXPECT_FALSE(find(ended_before, "double-answer", 8s)) << "was never so";
  const Events caller_too =
      Events{kCaller} + Events{{.type = "answered", .leg = "a", .at = 1s}, {.type = "answered", .leg = "b", .at = 4s}};
  EXPECT_FALSE(find(caller_too, "double-answer", 5s)) << "the originator's answer is none of them";
}

TEST_F(RulesTest, ASignedDeliveryIsLateOnceItHasComeWhateverWasRecoveredBefore) {
  const BuiltEvent recovered{
      .type = "hangup", .leg = "a", .at = 0s, .received = 10s, .id = "e", .provenance = Provenance::kRecovered};
  const BuiltEvent delivered{.type = "hangup", .leg = "a", .at = 0s, .received = 30s, .id = "e"};
  const Events both = {kCaller, recovered, delivered};
  EXPECT_FALSE(find(both, "late-event", 29s));
  EXPECT_EQ(find(both, "late-event", 30s)->opened_at, kStart + 30s);
}

TEST_F(RulesTest, LateEvent) {
  const auto late = [&](BuiltEvent event) { return find({event}, "late-event", 24h); };
  EXPECT_FALSE(late({.type = "initiated", .leg = "a", .received = 2s}));
  const auto noted = late({.type = "initiated", .leg = "a", .received = 2s + 1us});
  ASSERT_TRUE(noted);
  EXPECT_EQ(noted->status, FindingStatus::kNoted);
  EXPECT_EQ(noted->opened_at, kStart + 2s + 1us);
  EXPECT_TRUE(late({.type = "dtmf.received", .received = 3s, .provenance = Provenance::kImported})) << "no leg named";
  EXPECT_FALSE(late({.type = "initiated", .leg = "a", .received = 3s, .provenance = Provenance::kRecovered}));
  EXPECT_FALSE(late({.type = "initiated", .leg = "a", .received = 3s, .provenance = Provenance::kSynthetic}));
  EXPECT_FALSE(late({.type = "initiated", .leg = "a", .received = 3s, .timed = false}));

  const Events two = {{.type = "initiated", .leg = "a", .received = 3s},
                      {.type = "dtmf.received", .leg = "a", .at = 4s},
                      {.type = "hangup", .leg = "a", .at = 5s, .received = 10s}};
  const auto both = find(two, "late-event", 24h);
  EXPECT_THAT(both->evidence, ElementsAre(Place{3, 0}, Place{3, 2}));
  EXPECT_EQ(both->summary,
            "Received more than 2s after it occurred: 2 of the call's events (call.hangup and call.initiated), at most "
            "5s late.");
}

TEST_F(RulesTest, SlowBridge) {
  const auto bridged_at = [&](Duration at) {
    return find({kCaller, {.type = "answered", .leg = "b", .at = 4s}, {.type = "bridged", .leg = "b", .at = at}},
                "slow-bridge", 24h);
  };
  EXPECT_FALSE(bridged_at(14s));
  const auto noted = bridged_at(14s + 1us);
  ASSERT_TRUE(noted);
  EXPECT_EQ(noted->status, FindingStatus::kNoted);
  EXPECT_EQ(noted->opened_at, kStart + 14s + 1us + 20ms);
  EXPECT_THAT(noted->evidence, ElementsAre(Place{3, 1}, Place{3, 2}));

  Events menu = talking();
  for (BuiltEvent& event : menu) {  // Who calls a menu waits there until somebody answers.
    if (event.type == "answered" && event.leg == "a") event.at = 300ms;
    if (event.type == "bridged") event.at = 14s;
  }
  EXPECT_FALSE(find(menu, "slow-bridge", 24h));
}

TEST_F(RulesTest, ATriggerThatCameLateOpensOnArrival) {
  const Events events = ringing() + Events{{.type = "hangup", .leg = "a", .at = 3s, .received = 40s},
                                           {.type = "hangup", .leg = "c", .at = 3s, .received = 39s}};
  EXPECT_FALSE(find(events, "legs-ring-after-hangup", 40s - 1us));
  EXPECT_EQ(find(events, "legs-ring-after-hangup", 40s)->opened_at, kStart + 40s);
}

TEST_F(RulesTest, AnEventWithinItsDeadlineLeavesNoFinding) {
  const Events events = ringing() + Events{{.type = "hangup", .leg = "a", .at = 3s},
                                           {.type = "hangup", .leg = "b", .at = 4s, .received = 5s},
                                           {.type = "hangup", .leg = "c", .at = 4s, .received = 5s}};
  EXPECT_FALSE(find(events, "legs-ring-after-hangup", 24h)) << "received at the deadline is in time";
}

TEST_F(RulesTest, TheSameTroubleAgainIsAFurtherFinding) {
  const Events events = {kCaller,
                         {.type = "hangup", .leg = "a", .at = 1s},
                         {.type = "initiated", .leg = "b", .at = 2s},
                         {.type = "hangup", .leg = "b", .at = 5s},
                         {.type = "initiated", .leg = "c", .at = 20s, .received = 21s}};
  std::vector<Finding> found;
  for (const Finding& finding : rules_->findings(build_call(events), kStart + 30s)) {
    if (finding.rule == "legs-ring-after-hangup") found.push_back(finding);
  }
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].status, FindingStatus::kResolved);
  EXPECT_THAT(found[0].leg_ids, ElementsAre("b"));
  EXPECT_EQ(found[1].status, FindingStatus::kOpen);
  EXPECT_EQ(found[1].opened_at, kStart + 21s);
  EXPECT_NE(found[0].id, found[1].id);
  EXPECT_EQ(found[1].id.size(), 32U);
}

TEST_F(RulesTest, OneFindingGoesOnWhileAnyLegIsConcerned) {
  const Events events = ringing() + Events{{.type = "hangup", .leg = "a", .at = 1s},
                                           {.type = "hangup", .leg = "b", .at = 6s},
                                           {.type = "hangup", .leg = "c", .at = 8s}};
  EXPECT_THAT(find(events, "legs-ring-after-hangup", 7s)->leg_ids, ElementsAre("c")) << "open: those concerned now";
  const auto resolved = find(events, "legs-ring-after-hangup", 24h);
  EXPECT_EQ(resolved->opened_at, kStart + 3s);
  EXPECT_EQ(resolved->resolved_at, kStart + 8020ms);
  EXPECT_THAT(resolved->leg_ids, ElementsAre("b", "c")) << "resolved: all that were";
}

TEST_F(RulesTest, ATransferTargetCountsByTheLetter) {
  const Events events = talking() + Events{{.type = "initiated", .leg = "d", .at = 30s, .direction = "outgoing"},
                                           {.type = "hangup", .leg = "b", .at = 30200ms},
                                           {.type = "answered", .leg = "d", .at = 31s},
                                           {.type = "bridged", .leg = "d", .at = 31200ms},
                                           {.type = "hangup", .leg = "a", .at = 60s},
                                           {.type = "hangup", .leg = "d", .at = 61s}};
  for (Duration at = 0s; at < 70s; at += 10ms) {
    const bool target_rings = at >= 30020ms && at < 31020ms;
    EXPECT_EQ(open_at(events, at),
              target_rings ? std::vector<std::string>{"legs-ring-after-answer"} : std::vector<std::string>{})
        << format_duration(at);
  }
}

TEST_F(RulesTest, RepeatsChangeNothing) {
  const Events events = ringing() + Events{{.type = "hangup", .leg = "a", .at = 3s}};
  Events repeated = events;
  for (BuiltEvent event : events) {
    event.received = 50s;
    repeated.push_back(event);
  }
  const auto once = find(events, "legs-ring-after-hangup", 55s), twice = find(repeated, "legs-ring-after-hangup", 55s);
  EXPECT_EQ(once->opened_at, twice->opened_at);
  EXPECT_EQ(once->evidence, twice->evidence);
  EXPECT_FALSE(find(repeated, "late-event", 55s));
}

TEST_F(RulesTest, TheOrganizationIsTheCallsAtThatTime) {
  Events events = ringing() + Events{{.type = "hangup", .leg = "a", .at = 3s}};
  events.push_back({.type = "hangup", .leg = "b", .at = 9s, .organization = "org-1"});
  events.push_back({.type = "hangup", .leg = "c", .at = 9s});
  EXPECT_EQ(find(events, "legs-ring-after-hangup", 8s)->organization_id, "");
  EXPECT_EQ(find(events, "legs-ring-after-hangup", 10s)->organization_id, "org-1");
}

TEST_F(RulesTest, ManyLegsAreAllListedButNotAllNamed) {
  Events events = {kCaller};
  for (int i = 10; i < 60; ++i) {
    events.push_back({.type = "initiated", .leg = "leg-" + std::to_string(i), .at = 1s});
  }
  events.push_back({.type = "hangup", .leg = "a", .at = 2s});
  const auto open = find(events, "legs-ring-after-hangup", 5s);
  EXPECT_EQ(open->leg_ids.size(), 50U);
  EXPECT_EQ(open->control_ids.size(), 50U);
  EXPECT_THAT(open->summary, HasSubstr("legs leg-10, leg-11, leg-12 and 47 more had not ended"));
}

TEST_F(RulesTest, NothingIsFoundBeforeTheFirstArrival) {
  EXPECT_THAT(rules_->findings(build_call(ringing()), kStart + 19ms), IsEmpty());
  EXPECT_THAT(rules_->findings(build_call({}), kStart), IsEmpty());
  EXPECT_EQ(rules_->next_deadline(build_call({})), std::nullopt);
}

TEST_F(RulesTest, NextDeadlineIsTheFirst) {
  EXPECT_EQ(rules_->next_deadline(build_call(ringing())), kStart + 60s);
  const Events gone = ringing() + Events{{.type = "hangup", .leg = "a", .at = 3s}};
  EXPECT_EQ(rules_->next_deadline(build_call(gone)), kStart + 5s);
  EXPECT_EQ(rules_->next_deadline(build_call(ringing()), kStart + 60s - 1us), kStart + 60s);
  EXPECT_EQ(rules_->next_deadline(build_call(ringing()), kStart + 60s), kStart + 60s + 200ms);
  EXPECT_EQ(rules_->next_deadline(build_call(talking())), kStart + 4h + 5min);
}

TEST_F(RulesTest, EveryRuleTeaches) {
  const std::vector<std::string> names = {"legs-ring-after-hangup",
                                          "legs-ring-after-answer",
                                          "answered-not-bridged",
                                          "no-answer-no-end",
                                          "peer-not-ended",
                                          "no-end",
                                          "missing-event",
                                          "recording-not-saved",
                                          "organization-conflict",
                                          "double-answer",
                                          "late-event",
                                          "slow-bridge"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto rule = std::ranges::find(rules_->rules(), names[i], &RuleInfo::name);
    ASSERT_NE(rule, rules_->rules().end()) << names[i];
    EXPECT_EQ(rule->enabled, rule->name != "recording-not-saved");
    EXPECT_EQ(rule->noted, i >= 8);
  }
  for (const RuleInfo& rule : rules_->rules()) {
    for (const std::string& text : {rule.opens_when, rule.action}) {
      EXPECT_THAT(text, Not(IsEmpty()));
      EXPECT_THAT(text, Not(HasSubstr("{"))) << rule.name;
    }
  }
}

}  // namespace
}  // namespace hookledger
