// CONTRACT, "The call model": a test for each sentence that the fold decides.
#include "projector/fold.h"

#include <gmock/gmock.h>

#include "tests/projector/fold_event.h"

namespace hookledger::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

FoldEvent event(const std::string& what, const std::string& leg, Duration at, const std::string& id = {}) {
  return {.id = id.empty() ? what + "/" + leg : id, .type = "call." + what, .leg = leg, .occurred_at = kStart + at};
}
FoldEvent incoming(const std::string& leg, Duration at) {
  FoldEvent initiated = event("initiated", leg, at);
  initiated.direction = "incoming";
  return initiated;
}
FoldEvent saved(const std::string& id, const std::string& recording, std::optional<Time> started, Duration at = 9s) {
  FoldEvent saved = event("recording.saved", "a", at, id);
  saved.recording_id = recording;
  saved.recording_started_at = started;
  return saved;
}
FoldEvent from(FoldEvent event, Provenance provenance) {
  event.provenance = provenance;
  return event;
}

std::vector<std::string> leg_ids(const Call& call) {
  std::vector<std::string> ids;
  for (const Leg& leg : call.legs) ids.push_back(leg.id);
  return ids;
}
std::vector<std::string> recording_ids(const Call& call) {
  std::vector<std::string> ids;
  for (const Recording& recording : call.recordings) ids.push_back(recording.id);
  return ids;
}
std::vector<std::string> missing(const Call& call) {
  std::vector<std::string> texts;
  for (const MissingEvent& event : call.missing) texts.push_back(event.leg_id + " " + event.type);
  return texts;
}

TEST(CallModel, TheOrderInWhichEventsCamePlaysNoPart) {
  std::vector<FoldEvent> events = {incoming("a", 0s),         event("initiated", "b", 1s), event("answered", "b", 2s),
                                   event("bridged", "a", 3s), event("hangup", "a", 4s),    event("hangup", "b", 4s)};
  const std::string expected = json_of(call_of(events));
  std::sort(events.begin(), events.end(), [](const FoldEvent& a, const FoldEvent& b) { return a.id < b.id; });
  do {
    ASSERT_EQ(json_of(call_of(events)), expected);
  } while (std::next_permutation(events.begin(), events.end(),
                                 [](const FoldEvent& a, const FoldEvent& b) { return a.id < b.id; }));
}

TEST(CallModel, SourceIsThatOfTheFirstEvent) {
  FoldEvent late = event("hangup", "a", 2s), early = event("initiated", "a", 1s);
  late.source = "late";
  early.source = "early";
  EXPECT_EQ(call_of({late, early}).source, "early");
  EXPECT_EQ(call_of({late, from(early, Provenance::kImported)}).source, "late");
}

TEST(CallModel, AnyEventThatNamesALegProvesThatItExists) {
  const Call call = call_of({event("something.new", "a", 1s)});
  EXPECT_THAT(leg_ids(call), ElementsAre("a"));
  EXPECT_EQ(call.legs[0].status, CallStatus::kInitiated);
  EXPECT_EQ(call.legs[0].initiated_at, std::nullopt);
  EXPECT_EQ(call.status, CallStatus::kInitiated);
  EXPECT_EQ(call.initiated_at, std::nullopt);
}

TEST(CallModel, ACallMayHaveNoLegThenItsStatusIsNull) {
  FoldEvent note = event("fleet.note", "", 1s);
  note.direction = "incoming";
  note.from = "+1";
  const Call call = call_of({note, event("hangup", "", 2s)});
  EXPECT_THAT(call.legs, IsEmpty());
  EXPECT_EQ(call.status, CallStatus::kNone);
  EXPECT_EQ(call.originator_leg_id + call.winner_leg_id + call.direction + call.from, "");
  EXPECT_EQ(call.ended_at, std::nullopt);
  EXPECT_EQ(call.event_count, 2U);
  EXPECT_NE(json_of(call).find(R"("status":null)"), std::string::npos);
}

TEST(CallModel, EventsCountByProvenanceThenTimeThenId) {
  FoldEvent first = event("hangup", "a", 2s, "x"), second = event("hangup", "a", 2s, "y");
  FoldEvent earlier = event("hangup", "a", 1s, "z");
  first.hangup_cause = "first";
  second.hangup_cause = "second";
  earlier.hangup_cause = "earlier";
  EXPECT_EQ(call_of({second, first}).hangup_cause, "first");
  EXPECT_EQ(call_of({second, first, earlier}).hangup_cause, "earlier");
  EXPECT_EQ(call_of({second, first, from(earlier, Provenance::kImported)}).hangup_cause, "first");
  const std::vector<Provenance> order = {Provenance::kDelivered, Provenance::kImported, Provenance::kRecovered,
                                         Provenance::kSynthetic};
  for (std::size_t trusted = 0; trusted + 1 < order.size(); ++trusted) {
    EXPECT_EQ(call_of({from(earlier, order[trusted + 1]), from(second, order[trusted])}).hangup_cause, "second");
  }
}

TEST(CallModel, IdsAreComparedBytewise) {
  FoldEvent high = event("hangup", "a", 1s, "\xff"), low = event("hangup", "a", 1s, "a"),
            upper = event("hangup", "a", 1s, "B");
  high.hangup_cause = "high";
  low.hangup_cause = "low";
  upper.hangup_cause = "upper";
  EXPECT_EQ(call_of({high, low}).hangup_cause, "low");
  EXPECT_EQ(call_of({high, low, upper}).hangup_cause, "upper");
}

TEST(CallModel, TheFirstOfOneMeaningGivesTheTimeAndAllFields) {
  FoldEvent first = event("hangup", "a", 1s, "x"), second = event("hangup", "a", 2s, "y");
  first.hangup_source = "caller";
  second.hangup_cause = second.hangup_source = second.sip_hangup_cause = "late";
  const Leg leg = call_of({second, first}).legs[0];
  EXPECT_EQ(leg.ended_at, kStart + 1s);
  EXPECT_EQ(leg.hangup_source, "caller");
  EXPECT_EQ(leg.hangup_cause + leg.sip_hangup_cause, "");  // Not taken from the second.
}

TEST(CallModel, AnAttributeComesFromTheFirstThatHasIt) {
  FoldEvent first = event("initiated", "a", 1s), second = event("dtmf.received", "a", 2s),
            third = event("hangup", "a", 3s);
  first.direction = "outgoing";
  second.direction = "incoming";
  second.from = "second";
  third.from = third.to = third.control_id = "third";
  const Leg leg = call_of({third, second, first}).legs[0];
  EXPECT_EQ(leg.direction, "outgoing");
  EXPECT_EQ(leg.from, "second");
  EXPECT_EQ(leg.to, "third");
  EXPECT_EQ(leg.control_id, "third");
  second.provenance = Provenance::kRecovered;
  EXPECT_EQ(call_of({third, second, first}).legs[0].from, "third");
}

TEST(CallModel, LegTimesComeFromTheirEvents) {
  FoldEvent ringing = event("", "a", 2s);
  ringing.type = "leg.ringing";
  const Leg leg = call_of({event("initiated", "a", 1s), ringing, event("answered", "a", 3s), event("bridged", "a", 4s),
                           event("hangup", "a", 5s)})
                      .legs[0];
  EXPECT_EQ(leg.initiated_at, kStart + 1s);
  EXPECT_EQ(leg.ringing_at, kStart + 2s);
  EXPECT_EQ(leg.answered_at, kStart + 3s);
  EXPECT_EQ(leg.bridged_at, kStart + 4s);
  EXPECT_EQ(leg.ended_at, kStart + 5s);
}

TEST(CallModel, LegStatusIsTheFurthestWhateverTheTimes) {
  FoldEvent ringing = event("", "a", 9s);
  ringing.type = "leg.ringing";
  std::vector<FoldEvent> events = {event("initiated", "a", 10s)};
  EXPECT_EQ(call_of(events).legs[0].status, CallStatus::kInitiated);
  events.push_back(ringing);
  EXPECT_EQ(call_of(events).legs[0].status, CallStatus::kRinging);
  events.push_back(event("answered", "a", 8s));
  EXPECT_EQ(call_of(events).legs[0].status, CallStatus::kAnswered);
  events.push_back(event("bridged", "a", 7s));
  EXPECT_EQ(call_of(events).legs[0].status, CallStatus::kBridged);
  events.push_back(event("hangup", "a", 6s));
  EXPECT_EQ(call_of(events).legs[0].status, CallStatus::kEnded);
}

TEST(CallModel, LegsAreInOrderOfInitiatedNullsLastThenId) {
  const Call call = call_of({event("hangup", "aa", 0s), event("initiated", "z", 1s), event("initiated", "m", 2s),
                             event("initiated", "b", 2s), event("hangup", "a", 0s)});
  EXPECT_THAT(leg_ids(call), ElementsAre("z", "b", "m", "a", "aa"));
}

TEST(CallModel, OriginatorIsTheIncomingLegElseTheFirst) {
  EXPECT_EQ(call_of({event("initiated", "a", 0s), incoming("b", 5s)}).originator_leg_id, "b");
  EXPECT_EQ(call_of({event("initiated", "b", 0s), event("initiated", "a", 1s)}).originator_leg_id, "b");
  EXPECT_EQ(call_of({event("initiated", "b", 1s), event("initiated", "a", 1s)}).originator_leg_id, "a");
  EXPECT_EQ(call_of({event("hangup", "a", 0s), event("initiated", "b", 1s)}).originator_leg_id, "b");
  EXPECT_EQ(call_of({incoming("c", 3s), incoming("b", 2s), event("initiated", "a", 1s)}).originator_leg_id, "b");
}

TEST(CallModel, WinnerIsTheFirstToAnswerOfTheOthers) {
  const std::vector<FoldEvent> legs = {incoming("a", 0s), event("initiated", "b", 1s), event("initiated", "c", 1s)};
  const auto winner = [&](std::vector<FoldEvent> answers) {
    answers.insert(answers.end(), legs.begin(), legs.end());
    return call_of(answers).winner_leg_id;
  };
  EXPECT_EQ(winner({}), "");
  EXPECT_EQ(winner({event("answered", "a", 2s)}), "");
  EXPECT_EQ(winner({event("answered", "a", 2s), event("answered", "b", 4s), event("answered", "c", 3s)}), "c");
  EXPECT_EQ(winner({event("answered", "b", 3s, "y"), event("answered", "c", 3s, "x")}), "c");
  EXPECT_EQ(winner({event("answered", "b", 3s, "x"), event("answered", "c", 3s, "y")}), "b");
}

TEST(CallModel, AWinnerThatWasHeardOfLaterAsATrustedOneStillWinsByItsTime) {
  // Of one leg's answers the trusted one counts; between legs the time decides.
  const FoldEvent recovered = from(event("answered", "b", 2s, "recovered"), Provenance::kRecovered);
  const Call call =
      call_of({incoming("a", 0s), recovered, event("answered", "b", 4s, "late"), event("answered", "c", 3s)});
  EXPECT_EQ(call.winner_leg_id, "c");
  EXPECT_EQ(call_of({incoming("a", 0s), recovered, event("answered", "c", 3s)}).winner_leg_id, "b");
}

TEST(CallModel, CallIsEndedWhenEveryLegHasEnded) {
  std::vector<FoldEvent> events = {incoming("a", 0s), event("answered", "a", 1s), event("bridged", "a", 2s),
                                   event("initiated", "b", 1s), event("hangup", "a", 4s)};
  EXPECT_EQ(call_of(events).status, CallStatus::kInitiated);  // Of the legs that have not ended.
  EXPECT_EQ(call_of(events).ended_at, std::nullopt);
  events.push_back(event("hangup", "b", 3s));
  EXPECT_EQ(call_of(events).status, CallStatus::kEnded);
  EXPECT_EQ(call_of(events).ended_at, kStart + 4s);  // The latest.
  events.push_back(event("answered", "c", 0s));
  EXPECT_EQ(call_of(events).status, CallStatus::kAnswered);
}

TEST(CallModel, CallTimesAreTheEarliestButTheWinnersAnswer) {
  const std::vector<FoldEvent> events = {event("initiated", "b", 1s), incoming("a", 2s),
                                         event("answered", "a", 3s),  event("answered", "b", 5s),
                                         event("bridged", "a", 8s),   event("bridged", "b", 7s)};
  const Call call = call_of(events);
  EXPECT_EQ(call.initiated_at, kStart + 1s);
  EXPECT_EQ(call.answered_at, kStart + 5s);
  EXPECT_EQ(call.bridged_at, kStart + 7s);
  EXPECT_EQ(call_of({incoming("a", 2s), event("answered", "a", 3s)}).answered_at, kStart + 3s);
}

TEST(CallModel, PartiesDirectionAndHangupAreTheOriginators) {
  FoldEvent a = incoming("a", 1s), b = event("initiated", "b", 0s), a_end = event("hangup", "a", 3s),
            b_end = event("hangup", "b", 2s);
  a.from = "+1";
  a.to = "+2";
  b.from = b.to = "+3";
  b.direction = "outgoing";
  a_end.hangup_cause = "mine";
  a_end.hangup_source = "caller";
  b_end.hangup_cause = b_end.hangup_source = "other";
  const Call call = call_of({b_end, a_end, b, a});
  EXPECT_EQ(call.direction + call.from + call.to, "incoming+1+2");
  EXPECT_EQ(call.hangup_cause + call.hangup_source, "minecaller");
}

TEST(CallModel, OrganisationIsThatOfTheFirstEventThatHasOne) {
  FoldEvent none = event("initiated", "a", 0s), first = event("answered", "a", 1s), second = event("hangup", "a", 2s);
  first.organization = "first";
  second.organization = "second";
  EXPECT_EQ(call_of({second, first, none}).organization_id, "first");
  EXPECT_EQ(call_of({second, from(first, Provenance::kSynthetic), none}).organization_id, "second");
  EXPECT_EQ(call_of({none}).organization_id, "");
}

TEST(CallModel, MissingIsPerLegInTheOrderOfLegs) {
  EXPECT_THAT(missing(call_of({event("bridged", "b", 1s), event("hangup", "a", 1s), event("initiated", "c", 1s),
                               event("bridged", "c", 2s)})),
              ElementsAre("c call.answered", "a call.initiated", "b call.initiated", "b call.answered"));
  EXPECT_THAT(missing(call_of({event("initiated", "a", 1s), event("hangup", "a", 1s)})), IsEmpty());
}

TEST(CallModel, RecordingsAreNamedByThemselvesElseByTheirEvent) {
  FoldEvent conference = saved("c", "r2", kStart);
  conference.type = "conference.recording.saved";
  conference.leg = "";
  conference.channels = "dual";
  conference.urls = R"({"mp3":"u"})";
  conference.recording_ended_at = kStart + 3s;
  const Call call = call_of({saved("e", "", kStart + 1s), conference, event("recording.error", "a", 1s)});
  EXPECT_THAT(recording_ids(call), ElementsAre("r2", "e"));
  EXPECT_EQ(call.recordings[0].saved_at, kStart + 9s);
  EXPECT_EQ(call.recordings[0].ended_at, kStart + 3s);
  EXPECT_EQ(call.recordings[0].channels, "dual");
  EXPECT_EQ(call.recordings[0].urls, R"({"mp3":"u"})");
}

TEST(CallModel, RecordingsAreInOrderOfStartNullsLastThenId) {
  EXPECT_THAT(
      recording_ids(call_of({saved("1", "z", kStart + 1s), saved("2", "y", std::nullopt), saved("3", "b", kStart + 2s),
                             saved("4", "a", kStart + 2s), saved("5", "x", std::nullopt)})),
      ElementsAre("z", "a", "b", "x", "y"));
}

TEST(CallModel, OneRecordingToldTwiceIsOneAsFirstTold) {
  FoldEvent first = saved("1", "r", kStart, 5s), second = saved("2", "r", kStart, 6s);
  first.channels = "single";
  second.channels = "dual";
  const Call call = call_of({second, first});
  ASSERT_EQ(call.recordings.size(), 1U);
  EXPECT_EQ(call.recordings[0].channels, "single");
  EXPECT_EQ(call.recordings[0].saved_at, kStart + 5s);
}

TEST(CallModel, EventsCountsDistinctIds) {
  const FoldEvent a = event("initiated", "a", 1s), b = event("hangup", "a", 5s);
  const Call call = call_of({b, a, a, b, a});
  EXPECT_EQ(call.event_count, 2U);
  EXPECT_EQ(call.first_at, kStart + 1s);
  EXPECT_EQ(call.last_at, kStart + 5s);
}

TEST(CallModel, FirstAndLastDisregardProvenance) {
  const Call call = call_of({from(event("initiated", "a", -1s), Provenance::kSynthetic), event("answered", "a", 2s),
                             from(event("hangup", "a", 9s), Provenance::kRecovered)});
  EXPECT_EQ(call.first_at, kStart - 1s);
  EXPECT_EQ(call.last_at, kStart + 9s);
}

TEST(CallModel, AnEventWithoutATimeTakesTheTimeItWasReceived) {
  FoldEvent untimed = event("hangup", "a", 0s);
  untimed.timed = false;
  untimed.received_at = kStart + 7s;
  EXPECT_EQ(call_of({untimed}).ended_at, kStart + 7s);
}

TEST(CallModel, OfTwoBodiesUnderOneIdTheFirstAppendedCounts) {
  FoldEvent first = event("hangup", "a", 5s, "x"), second = event("answered", "b", 1s, "x");
  EXPECT_THAT(leg_ids(call_of({first, second})), ElementsAre("a"));
  EXPECT_THAT(leg_ids(call_of({second, first})), ElementsAre("b"));
  EXPECT_THAT(leg_ids(call_of({first, from(second, Provenance::kDelivered)})), ElementsAre("a"));
}

TEST(CallModel, EventsWithoutAnEffectCountAndGiveAttributes) {
  FoldEvent cost = event("cost", "a", 3s), unknown = event("of.next.year", "b", 4s);
  cost.from = "+1";
  const Call call = call_of({event("initiated", "a", 1s), cost, unknown});
  EXPECT_EQ(call.event_count, 3U);
  EXPECT_EQ(call.last_at, kStart + 4s);
  EXPECT_EQ(call.legs[0].from, "+1");
  EXPECT_THAT(leg_ids(call), ElementsAre("a", "b"));
  EXPECT_EQ(call.legs[0].status, CallStatus::kInitiated);
}

TEST(CallModel, AbsentFactsAreNullNeverLeftOut) {
  EXPECT_EQ(
      json_of(call_of({event("dtmf.received", "a", 0s)})),
      R"({"id":"call","source":"telnyx","organization_id":null,"status":"initiated","direction":null,"from":null,)"
      R"("to":null,"initiated_at":null,"answered_at":null,"bridged_at":null,"ended_at":null,"hangup_cause":null,)"
      R"("hangup_source":null,"originator_leg_id":"a","winner_leg_id":null,"legs":[{"id":"a","control_id":null,)"
      R"("direction":null,"from":null,"to":null,"status":"initiated","initiated_at":null,"ringing_at":null,)"
      R"("answered_at":null,"bridged_at":null,"ended_at":null,"hangup_cause":null,"hangup_source":null,)"
      R"("sip_hangup_cause":null}],"recordings":[],"events":{"count":1,"first_at":"2026-02-08T10:00:00.000000Z",)"
      R"("last_at":"2026-02-08T10:00:00.000000Z"},"missing":[{"leg_id":"a","type":"call.initiated"}]})");
}

}  // namespace
}  // namespace hookledger::testing
