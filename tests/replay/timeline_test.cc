#include "replay/timeline.h"

#include <gmock/gmock.h>

#include "projector/fold.h"
#include "projector/rules/built_in_rules.h"
#include "tests/replay/example_call.h"

namespace hookledger::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAreArray;

template <class Member>
auto all(const Timeline& timeline, Member TimelineEntry::*member) {
  std::vector<Member> values;
  for (const TimelineEntry& entry : timeline.entries) values.push_back(entry.*member);
  return values;
}

TimelineEntry entry_of(const Timeline& timeline, std::string_view id) {
  for (const TimelineEntry& entry : timeline.entries) {
    if (entry.id == id) return entry;
  }
  ADD_FAILURE() << "no entry " << id;
  return {};
}

class TimelineTest : public ::testing::Test {
 protected:
  Timeline example() { return tell_example(history).read().value(); }

  CallHistory history;
};

TEST_F(TimelineTest, EntriesStandInOrderOfOccurrenceThenId) {
  EXPECT_THAT(all(example(), &TimelineEntry::id),
              ElementsAre("e1", "e2", "e3", "e4", "e5", "e8", "e6", "e7", "e9", "e10", "e11", "e12"));
  CallHistory ties;
  for (const char* id : {"c", "a", "b"}) ties.tell({id, "call.cost", "leg", 1s});
  EXPECT_THAT(all(ties.read().value(), &TimelineEntry::id), ElementsAre("a", "b", "c"));
}

TEST_F(TimelineTest, EntriesTellWhatTheLogHas) {
  const Timeline timeline = example();
  const TimelineEntry answer = entry_of(timeline, "e4");
  EXPECT_EQ(answer.place, (Place{0, 2}));
  EXPECT_EQ(answer.type, "call.answered");
  EXPECT_EQ(answer.leg_id, "leg-b");
  EXPECT_EQ(answer.occurred_at, kStart + 2s);
  EXPECT_EQ(answer.received_at, kStart + 2100ms);
  EXPECT_EQ(answer.lag_ms, 100);
  EXPECT_EQ(answer.deliveries, 3U);
  EXPECT_EQ(entry_of(timeline, "e12").provenance, Provenance::kImported);
  EXPECT_TRUE(answer.body_is_json);
  EXPECT_THAT(answer.body, HasSubstr(R"("id":"e4")"));
  EXPECT_EQ(timeline.findings.size(), 2U);
  EXPECT_THAT(timeline.open_rules, ElementsAre());
}

TEST_F(TimelineTest, StatusIsThatOfAllEntriesSoFar) {
  using enum CallStatus;
  EXPECT_THAT(all(example(), &TimelineEntry::status_after),
              ElementsAre(kInitiated, kInitiated, kInitiated, kAnswered, kAnswered, kAnswered, kBridged, kBridged,
                          kBridged, kEnded, kEnded, kEnded));
}

TEST_F(TimelineTest, LateMeansThatALaterEventStandsAtALowerOffset) {
  history.tell({"a", "call.cost", "leg", 2s});
  history.tell({"same-time", "call.cost", "leg", 2s, 9s});
  history.tell({"earlier", "call.cost", "leg", 1999ms, 9s});
  history.tell({"slow-but-in-order", "call.cost", "leg", 3s, 99s});
  const Timeline timeline = history.read().value();
  EXPECT_FALSE(entry_of(timeline, "a").late);
  EXPECT_FALSE(entry_of(timeline, "same-time").late);
  EXPECT_TRUE(entry_of(timeline, "earlier").late);
  EXPECT_FALSE(entry_of(timeline, "slow-but-in-order").late);
}

TEST_F(TimelineTest, LagMayBeNegativeAndAnEventWithoutATimeHasNone) {
  history.tell({"early", "call.cost", "leg", 5s, 4500ms});
  history.tell({.id = "untimed", .type = "call.cost", .leg = "leg", .received = 6s, .timed = false});
  const Timeline timeline = history.read().value();
  EXPECT_EQ(entry_of(timeline, "early").lag_ms, -500);
  EXPECT_TRUE(entry_of(timeline, "early").timed);
  EXPECT_FALSE(entry_of(timeline, "untimed").timed);
  EXPECT_EQ(entry_of(timeline, "untimed").occurred_at, kStart + 6s);
}

TEST_F(TimelineTest, ARepeatIsShownButChangesNothing) {
  history.tell({"i", "call.initiated", "leg", 0s});
  history.tell({"h", "call.hangup", "leg", 1s});
  const Place again = history.tell({"i", "call.initiated", "another-leg", 2s, 100h});
  const Timeline timeline = history.read(200h).value();
  ASSERT_EQ(timeline.entries.size(), 3U);
  EXPECT_EQ(timeline.entries[2].place, again);
  EXPECT_TRUE(timeline.entries[2].repeat);
  EXPECT_FALSE(timeline.entries[0].repeat);
  EXPECT_EQ(timeline.entries[2].status_after, CallStatus::kEnded);
  EXPECT_EQ(timeline.call.event_count, 2U);
}

TEST_F(TimelineTest, AsOfShowsWhatHadBeenReceivedOrHadHappened) {
  tell_example(history);
  for (const EventFact& last : history.facts.events()) {
    for (const Duration step : {-1us, 0us, 1us}) {
      for (const bool by_occurrence : {false, true}) {
        const Time at = (by_occurrence ? last.occurred_at : last.received_at) + step;
        std::vector<std::string> known;
        for (const EventFact& event : history.facts.events()) {
          const Time when = by_occurrence ? event.occurred_at : event.received_at;
          if (when <= at) known.emplace_back(history.facts.text(event.id));
        }
        const Result<Timeline> timeline = history.read(at - kStart, by_occurrence);
        ASSERT_EQ(timeline.has_value(), !known.empty()) << format_time(at);
        if (known.empty()) {
          EXPECT_EQ(timeline.error().code, ErrorCode::kNotFound);
          EXPECT_THAT(timeline.error().detail, HasSubstr("call-1"));
          continue;
        }
        EXPECT_THAT(all(*timeline, &TimelineEntry::id), UnorderedElementsAreArray(known)) << format_time(at);
        EXPECT_EQ(timeline->call.status, timeline->entries.back().status_after);
      }
    }
  }
}

TEST_F(TimelineTest, ByOccurrenceEveryEventWasReceivedWhenItHappened) {
  history.tell({.id = "a", .type = "call.initiated", .leg = "a", .at = 0s, .payload = {{"direction", "incoming"}}});
  history.tell({.id = "b", .type = "call.initiated", .leg = "b", .at = 1s, .payload = {{"direction", "outgoing"}}});
  history.tell({.id = "c", .type = "call.hangup", .leg = "a", .at = 5s});
  history.tell({.id = "d", .type = "call.hangup", .leg = "b", .at = 5500ms, .received = 300s});
  const auto rules = built_in_rules();
  const auto findings = [&](bool by_occurrence) {
    return read_timeline(history.facts, history.log, *rules, {kStart + 20s, by_occurrence}).value().open_rules;
  };
  EXPECT_THAT(findings(false), ElementsAre("legs-ring-after-hangup"));
  EXPECT_THAT(findings(true), ElementsAre());
}

TEST_F(TimelineTest, WithoutATimeEverythingIsShownWhateverTheClockSays) {
  history.tell({.id = "a", .type = "call.initiated", .leg = "a", .at = 60s});
  for (const bool by_occurrence : {false, true}) {
    const AsOf now{std::nullopt, by_occurrence, kStart};
    EXPECT_EQ(read_timeline(history.facts, history.log, history.rules, now).value().entries.size(), 1U);
  }
}

class StoredSignatureTest : public TimelineTest {
 protected:
  template <class Change>
  StoredSignature after(const Change& change) {
    const Place place = history.tell({"e", "call.cost", "leg", 1s});
    history.change(place, change);
    return history.read().value().entries.at(0).signature;
  }
};

TEST_F(StoredSignatureTest, ValidAsItCame) {
  EXPECT_EQ(after([](RecordView&) {}), StoredSignature::kValid);
}
TEST_F(StoredSignatureTest, InvalidWhenTheBodyWasAltered) {
  std::string body;
  EXPECT_EQ(after([&](RecordView& record) { record.body = body = std::string(record.body) + " "; }),
            StoredSignature::kInvalid);
}
TEST_F(StoredSignatureTest, InvalidWhenTheTimestampWasAltered) {
  EXPECT_EQ(after([](RecordView& record) { record.signed_at = "1770545732"; }), StoredSignature::kInvalid);
}
TEST_F(StoredSignatureTest, InvalidWhenNotStrictBase64) {
  std::string signature;
  EXPECT_EQ(after([&](RecordView& record) { record.signature = signature = std::string(record.signature) + "\n"; }),
            StoredSignature::kInvalid);
}
TEST_F(StoredSignatureTest, InvalidWhenOfAnotherLength) {
  EXPECT_EQ(after([](RecordView& record) { record.signature = "AAAA"; }), StoredSignature::kInvalid);
}
TEST_F(StoredSignatureTest, AbsentWhenThereIsNone) {
  EXPECT_EQ(after([](RecordView& record) { record.signature = record.key_id = {}; }), StoredSignature::kAbsent);
}
TEST_F(StoredSignatureTest, UnknownKeyWhenTheKeyringHasIt) {
  EXPECT_EQ(after([](RecordView& record) { record.key_id = "ed25519:0000000000000000"; }),
            StoredSignature::kUnknownKey);
}
TEST_F(StoredSignatureTest, UnknownKeyWhenNoneIsNamed) {
  EXPECT_EQ(after([](RecordView& record) { record.key_id = {}; }), StoredSignature::kUnknownKey);
}
TEST_F(StoredSignatureTest, UnknownKeyWhenTheKeyringIsEmpty) {
  history.log.forget_keys();
  EXPECT_EQ(after([](RecordView&) {}), StoredSignature::kUnknownKey);
}

TEST_F(TimelineTest, ALostRecordIsCorruptionWithItsPlace) {
  tell_example(history);
  history.log.lose({0, 5});
  const Result<Timeline> timeline = history.read();
  ASSERT_FALSE(timeline);
  EXPECT_EQ(timeline.error().code, ErrorCode::kCorruption);
  EXPECT_THAT(timeline.error().detail, HasSubstr("0/5"));
}

TEST_F(TimelineTest, ADamagedRecordIsCorruptionWithItsPlace) {
  tell_example(history);
  std::string bytes = history.log.read({0, 5}).value().bytes;
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  history.log.replace({0, 5}, bytes);
  const Result<Timeline> timeline = history.read();
  ASSERT_FALSE(timeline);
  EXPECT_EQ(timeline.error().code, ErrorCode::kCorruption);
  EXPECT_THAT(timeline.error().detail, HasSubstr("0/5"));
}

TEST_F(TimelineTest, ARecordOfAnotherEventIsCorruption) {
  tell_example(history);
  history.log.replace({0, 5}, history.log.read({0, 6}).value().bytes);
  const Result<Timeline> timeline = history.read();
  ASSERT_FALSE(timeline);
  EXPECT_EQ(timeline.error().code, ErrorCode::kCorruption);
}

}  // namespace
}  // namespace hookledger::testing
