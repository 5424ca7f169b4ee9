// What Twilio's callbacks come to: calls without false findings, whatever was subscribed to, in any order of arrival.
#include "tests/projector/twilio_calls.h"

#include <algorithm>
#include <gmock/gmock.h>
#include <set>

#include "projector/fold.h"
#include "projector/rules/built_in_rules.h"
#include "schemas/json.h"
#include "tests/support/seeded.h"

namespace hookledger::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Callbacks = std::vector<TwilioCallback>;

/// An inbound call, of which Twilio reports the end alone, that dials two numbers one after the other.
const Callbacks kDialled = {{"CA1", "CA0", 0, "initiated", 2},  {"CA1", "CA0", 1, "ringing", 3},
                            {"CA1", "CA0", 2, "no-answer", 23}, {"CA2", "CA0", 0, "initiated", 24},
                            {"CA2", "CA0", 1, "ringing", 24},   {"CA2", "CA0", 2, "in-progress", 30},
                            {"CA2", "CA0", 3, "completed", 90}, {"CA0", "", 0, "completed", 90}};

std::string json_of(const Call& call) {
  JsonWriter out;
  write_json(out, call, nullptr);
  return std::string(out.view());
}

/// The rules of which a finding was ever open or noted until then, looked at after every event and every second.
std::set<std::string> found(const Callbacks& callbacks, int until_second = 600) {
  const auto rules = built_in_rules();
  const CallFacts facts = facts_of(callbacks);
  std::set<std::string> names;
  for (int second = 0; second <= until_second; ++second) {
    for (const Duration part : {Duration(0ms), Duration(299ms), Duration(300ms)}) {
      for (const Finding& finding : rules->findings(facts, kStart + std::chrono::seconds(second) + part)) {
        names.insert(finding.rule);
      }
    }
  }
  return names;
}

Call call_after(const Callbacks& callbacks, std::size_t count) {
  return derive_call(facts_of(Callbacks(callbacks.begin(), callbacks.begin() + static_cast<std::ptrdiff_t>(count))));
}

TEST(TwilioCalls, AnInboundCallMayReportItsEndAlone) {
  const Callbacks callbacks = {{"CA0", "", 0, "completed", 42}};
  const Call call = derive_call(facts_of(callbacks));
  EXPECT_EQ(call.status, CallStatus::kEnded);
  EXPECT_EQ(call.originator_leg_id, "CA0");
  EXPECT_EQ(call.direction, "incoming");
  EXPECT_EQ(call.hangup_cause, "completed");
  EXPECT_THAT(call.missing, IsEmpty());
  EXPECT_THAT(found(callbacks), IsEmpty());
}

TEST(TwilioCalls, ADialledLegIsConnectedByItsAnswer) {
  const Call talking = call_after(kDialled, 6);
  EXPECT_EQ(talking.status, CallStatus::kBridged);
  EXPECT_EQ(talking.winner_leg_id, "CA2");
  EXPECT_EQ(talking.answered_at, talking.bridged_at);
  EXPECT_EQ(talking.originator_leg_id, "") << "nothing was received of the caller's leg yet";
  EXPECT_EQ(call_after(kDialled, 5).status, CallStatus::kRinging);
  const Call ended = call_after(kDialled, 8);
  EXPECT_EQ(ended.status, CallStatus::kEnded);
  EXPECT_EQ(ended.originator_leg_id, "CA0");
  EXPECT_EQ(ended.from, "CA0-from");
  EXPECT_EQ(ended.legs.size(), 3U);
  EXPECT_THAT(ended.missing, IsEmpty());
  EXPECT_THAT(found(kDialled), ElementsAre("legs-initiated-apart"));
}

TEST(TwilioCalls, ALegThatNobodyDialledIsAnsweredAndNotBridged) {
  const Callbacks callbacks = {{"CAapi", "", 0, "initiated", 0},
                               {"CAapi", "", 1, "ringing", 1},
                               {"CAapi", "", 2, "in-progress", 5},
                               {"CAapi", "", 3, "completed", 65}};
  EXPECT_EQ(call_after(callbacks, 3).status, CallStatus::kAnswered);
  EXPECT_EQ(call_after(callbacks, 4).bridged_at, std::nullopt);
  EXPECT_THAT(found(callbacks), IsEmpty());
}

TEST(TwilioCalls, AnOutboundCallThatDialsIsItsOwnOriginator) {
  const Callbacks callbacks = {{"CAapi", "", 0, "initiated", 0},     {"CAapi", "", 1, "in-progress", 5},
                               {"CA1", "CAapi", 0, "initiated", 6},  {"CA1", "CAapi", 1, "in-progress", 12},
                               {"CA1", "CAapi", 2, "completed", 70}, {"CAapi", "", 2, "completed", 90}};
  EXPECT_EQ(call_after(callbacks, 4).originator_leg_id, "CAapi");
  EXPECT_EQ(call_after(callbacks, 4).status, CallStatus::kBridged);
  EXPECT_EQ(call_after(callbacks, 5).status, CallStatus::kAnswered) << "back to the application";
  EXPECT_THAT(found(callbacks), IsEmpty());
}

TEST(TwilioCalls, LegsThatRingAtOnceEndAtOnce) {
  const Callbacks callbacks = {{"CA1", "CA0", 0, "initiated", 0},    {"CA2", "CA0", 0, "initiated", 0},
                               {"CA3", "CA0", 0, "initiated", 0},    {"CA1", "CA0", 1, "busy", 1},
                               {"CA2", "CA0", 1, "ringing", 1},      {"CA3", "CA0", 1, "ringing", 1},
                               {"CA2", "CA0", 2, "in-progress", 20}, {"CA3", "CA0", 2, "canceled", 21},
                               {"CA2", "CA0", 3, "completed", 50},   {"CA0", "", 0, "completed", 50}};
  EXPECT_THAT(found(callbacks), IsEmpty());
}

TEST(TwilioCalls, ASecondConversationLeavesNobodyAlone) {
  // The second rings after the first was answered: legs-ring-after-answer says so, as for every transfer.
  const Callbacks callbacks = {{"CA1", "CA0", 0, "initiated", 0},    {"CA1", "CA0", 1, "in-progress", 5},
                               {"CA1", "CA0", 2, "completed", 30},   {"CA2", "CA0", 0, "initiated", 31},
                               {"CA2", "CA0", 1, "in-progress", 36}, {"CA2", "CA0", 2, "completed", 90},
                               {"CA0", "", 0, "completed", 91}};
  EXPECT_THAT(found(callbacks), ElementsAre("legs-initiated-apart", "legs-ring-after-answer"));
}

TEST(TwilioCalls, ALegThatRingsOnAfterTheCallerIsFound) {
  const Callbacks callbacks = {
      {"CA1", "CA0", 0, "initiated", 0}, {"CA1", "CA0", 1, "ringing", 1}, {"CA0", "", 0, "completed", 5}};
  EXPECT_THAT(found(callbacks, 30), ElementsAre("legs-ring-after-hangup"));
}

TEST(TwilioCalls, ARecordingGoesWithTheEndAndIsThereOnce) {
  const std::string recording = "&RecordingSid=RE1&RecordingUrl=https://api.example/RE1&RecordingDuration=7";
  const Callbacks callbacks = {{"CA0", "", 0, "completed", 42, recording},
                               {"CA0", "", 0, "completed", 44, recording + "&RecordingStatus=completed"}};
  const Call call = derive_call(facts_of(callbacks));
  EXPECT_EQ(call.status, CallStatus::kEnded);
  ASSERT_EQ(call.recordings.size(), 1U);
  EXPECT_EQ(call.recordings[0].id, "RE1");
  EXPECT_EQ(call.recordings[0].saved_at, kStart + 42s);
  EXPECT_EQ(call.recordings[0].urls, R"({"url":"https://api.example/RE1"})");
  const auto rules = built_in_rules({.expect_recordings = true});
  EXPECT_THAT(rules->findings(facts_of({callbacks[0]}), kStart + 1h), IsEmpty());
}

TEST(TwilioCalls, TheEventsOfOneSecondAreInTheirOrder) {
  const Callbacks callbacks = {{"CA1", "CA0", 3, "completed", 7},
                               {"CA1", "CA0", 0, "initiated", 7},
                               {"CA1", "CA0", 2, "in-progress", 7},
                               {"CA1", "CA0", 1, "ringing", 7}};
  const Leg leg = derive_call(facts_of(callbacks)).legs.at(0);
  EXPECT_LT(leg.initiated_at, leg.ringing_at);
  EXPECT_LT(leg.ringing_at, leg.answered_at);
  EXPECT_LT(leg.answered_at, leg.ended_at);
}

TEST(TwilioCalls, AnyOrderAndAnyDuplicationGiveTheSameBytes) {
  auto random = seeded_generator();
  for (int round = 0; round < 300; ++round) {
    Callbacks callbacks;
    for (const TwilioCallback& callback : kDialled) {
      if (random_below(random, 4) == 0) continue;
      callbacks.push_back(callback);
      callbacks.back().second = static_cast<int>(random_below(random, 5));
    }
    if (callbacks.empty()) continue;
    const std::string expected = json_of(derive_call(facts_of(callbacks)));
    for (std::size_t n = random_below(random, 4); n > 0; --n) {
      callbacks.push_back(callbacks[random_below(random, callbacks.size())]);
    }
    for (int order = 0; order < 5; ++order) {
      std::shuffle(callbacks.begin(), callbacks.end(), random);
      ASSERT_EQ(json_of(derive_call(facts_of(callbacks))), expected) << "round " << round;
    }
  }
}

}  // namespace
}  // namespace hookledger::testing
