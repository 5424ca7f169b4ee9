#include "schemas/call_facts.h"

#include <gmock/gmock.h>

#include "tests/support/call_builder.h"
#include "tests/support/seeded.h"

namespace hookledger {
namespace {

using namespace std::chrono_literals;
using testing::build_call;
using testing::BuiltEvent;
using ::testing::ElementsAre;
using testing::kStart;
using ::testing::Pair;

/// Adds `call.hangup` with this id at `offset`.
void add(CallFacts& facts, const std::string& id, std::uint64_t offset, Time at = kStart) {
  RecordView record;
  record.id = id;
  record.source = "telnyx";
  record.type = "call.hangup";
  record.leg_id = "leg";
  record.key = facts.call_id();
  record.occurred_at = record.received_at = at;
  record.in_call = record.timed = true;
  EventDetail detail;
  detail.effect = Effect::kHangup;
  facts.add(record, detail, offset);
}

/// Every field set, every kind of value.
CallFacts rich_facts() {
  CallFacts facts("call-1", 7);
  RecordView record;
  record.id = "event-1";
  record.source = "telnyx";
  record.type = "call.recording.saved";
  record.leg_id = "leg-1";
  record.key = "call-1";
  record.occurred_at = kStart + 1us;
  record.received_at = kStart - 1h;
  record.provenance = Provenance::kSynthetic;
  EventDetail detail;
  detail.effect = Effect::kRecording;
  detail.control_id = "control";
  detail.direction = "incoming";
  detail.from = "+1";
  detail.to = std::string("\0\xff", 2);
  detail.organization_id = "organisation";
  detail.hangup_cause = "cause";
  detail.hangup_source = "source";
  detail.sip_hangup_cause = "200";
  detail.recording_id = "recording";
  detail.recording_started_at = Time(-1us);
  detail.recording_ended_at = kStart + 1h;
  detail.channels = "dual";
  detail.dialled = true;
  detail.by_subscription = true;
  detail.urls = R"({"mp3":"x"})";
  facts.add(record, detail, 5);
  add(facts, "event-2", 1'000'000'000'000, kStart - 24h);
  add(facts, "event-1", 1'000'000'000'001);
  return facts;
}

std::vector<std::string> ids(const CallFacts& facts) {
  std::vector<std::string> names;
  for (const EventFact& event : facts.events()) {
    names.push_back(std::string(facts.text(event.id)) + (event.repeat ? " again" : ""));
  }
  return names;
}

TEST(CallFacts, SayAgainWhatWasWritten) {
  const CallFacts facts = rich_facts();
  const std::string bytes = facts.encode();
  const auto decoded = CallFacts::decode("call-1", bytes);
  ASSERT_TRUE(decoded) << decoded.error().detail;
  EXPECT_EQ(decoded->encode(), bytes);
  EXPECT_EQ(decoded->partition(), 7U);
  ASSERT_EQ(decoded->events().size(), 3U);
  const EventFact& event = decoded->events()[0];
  EXPECT_EQ(decoded->text(event.to), std::string_view("\0\xff", 2));
  EXPECT_EQ(decoded->text(event.sip_hangup_cause), "200");
  EXPECT_EQ(decoded->text(event.urls), R"({"mp3":"x"})");
  EXPECT_EQ(event.occurred_at, kStart + 1us);
  EXPECT_EQ(event.received_at, kStart - 1h);
  EXPECT_EQ(event.recording_started_at, Time(-1us));
  EXPECT_EQ(event.recording_ended_at, kStart + 1h);
  EXPECT_EQ(event.effect, Effect::kRecording);
  EXPECT_EQ(event.provenance, Provenance::kSynthetic);
  EXPECT_EQ(event.offset, 5U);
  EXPECT_FALSE(event.timed);
  EXPECT_TRUE(event.dialled);
  EXPECT_TRUE(event.by_subscription);
  EXPECT_FALSE(decoded->events()[1].dialled);
  EXPECT_FALSE(decoded->events()[1].by_subscription);
  EXPECT_TRUE(decoded->events()[1].timed);
  EXPECT_EQ(decoded->events()[2].offset, 1'000'000'000'001U);
  EXPECT_TRUE(decoded->events()[0].repeat) << "it was synthetic";
  EXPECT_FALSE(decoded->events()[2].repeat);
}

TEST(CallFacts, OfNoEventsSurvive) {
  const CallFacts none("call", 0);
  const auto decoded = CallFacts::decode("call", none.encode());
  ASSERT_TRUE(decoded);
  EXPECT_THAT(decoded->events(), ElementsAre());
  EXPECT_EQ(decoded->text(0), "");
}

TEST(CallFacts, AreCanonical) {
  // However the events came into being, in one piece or decoded in between, the bytes are the same.
  const std::vector<BuiltEvent> events = {{"initiated", "a", 0s}, {"initiated", "b", 1s}, {"answered", "b", 2s},
                                          {"bridged", "b", 3s},   {"hangup", "b", 4s},    {"hangup", "a", 4s}};
  const CallFacts all = build_call(events);
  for (std::size_t cut = 0; cut <= events.size(); ++cut) {
    CallFacts facts("call-1", 3);
    for (std::uint64_t offset = 0; offset < events.size(); ++offset) {
      if (offset == cut) facts = CallFacts::decode("call-1", facts.encode()).value();
      const CallFacts one = build_call({events[offset]});
      RecordView record;
      record.id = one.text(one.events()[0].id);
      record.source = "telnyx";
      record.type = one.text(one.events()[0].type);
      record.leg_id = events[offset].leg;
      record.key = "call-1";
      record.occurred_at = events[offset].occurred_at();
      record.received_at = events[offset].received_at();
      record.in_call = record.timed = true;
      EventDetail detail;
      detail.effect = one.events()[0].effect;
      detail.control_id = one.text(one.events()[0].control_id);
      facts.add(record, detail, offset);
    }
    EXPECT_EQ(facts.encode(), all.encode()) << "cut " << cut;
  }
}

TEST(CallFacts, AKnownOffsetChangesNothing) {
  CallFacts facts("call", 0);
  add(facts, "a", 3);
  add(facts, "b", 4);
  const std::string before = facts.encode();
  for (const std::uint64_t offset : {0U, 3U, 4U}) add(facts, "c", offset);
  EXPECT_EQ(facts.encode(), before);
  EXPECT_THAT(ids(facts), ElementsAre("a", "b"));
}

TEST(CallFacts, AKnownIdIsARepeat) {
  CallFacts facts("call", 0);
  add(facts, "a", 0);
  add(facts, "leg", 1);  // An id that is known as another text, not as an event.
  add(facts, "a", 2);
  add(facts, "a", 3);
  EXPECT_THAT(ids(facts), ElementsAre("a", "leg", "a again", "a again"));
  facts = CallFacts::decode("call", facts.encode()).value();
  add(facts, "leg", 4);
  EXPECT_THAT(ids(facts), ElementsAre("a", "leg", "a again", "a again", "leg again"));
}

/// A copy of event `id` that came in this way.
void add_copy(CallFacts& facts, const std::string& id, std::uint64_t offset, Provenance provenance, Time received) {
  RecordView record;
  record.id = id;
  record.source = "telnyx";
  record.type = "call.hangup";
  record.leg_id = "leg";
  record.key = facts.call_id();
  record.occurred_at = kStart;
  record.received_at = received;
  record.provenance = provenance;
  record.in_call = record.timed = true;
  EventDetail detail;
  detail.effect = Effect::kHangup;
  facts.add(record, detail, offset);
}

std::vector<Provenance> counting(const CallFacts& facts) {
  std::vector<Provenance> found;
  for (const EventFact& event : facts.events()) {
    if (!event.repeat) found.push_back(event.provenance);
  }
  return found;
}

TEST(CallFacts, ASignedCopyTakesThePlaceOfARecoveredOne) {
  for (const Provenance first : {Provenance::kRecovered, Provenance::kSynthetic}) {
    for (const Provenance second : {Provenance::kDelivered, Provenance::kImported}) {
      CallFacts facts("call", 0);
      add_copy(facts, "a", 3, first, kStart + 10s);
      add_copy(facts, "a", 4, Provenance::kRecovered, kStart + 15s);
      add_copy(facts, "a", 5, second, kStart + 20s);
      add_copy(facts, "a", 6, Provenance::kDelivered, kStart + 30s);
      for (const CallFacts& same : {facts, CallFacts::decode("call", facts.encode()).value(),
                                    facts.as_of(kStart + 1h, false), facts.before(9), facts.without({})}) {
        EXPECT_THAT(counting(same), ElementsAre(second));
        EXPECT_EQ(same.encode(), facts.encode());
        EXPECT_EQ(same.events()[2].known_at, kStart + 10s) << "it was known since the first copy came";
      }
      EXPECT_THAT(counting(facts.as_of(kStart + 19s, false)), ElementsAre(first)) << "as of before it came";
      EXPECT_THAT(counting(facts.before(5)), ElementsAre(first));
      EXPECT_THAT(counting(facts.without({5})), ElementsAre(Provenance::kDelivered));
      EXPECT_THAT(counting(facts.without({5, 6})), ElementsAre(first));
    }
  }
}

TEST(CallFacts, ARecoveredCopyNeverTakesThePlaceOfASignedOne) {
  CallFacts facts("call", 0);
  add_copy(facts, "a", 1, Provenance::kImported, kStart + 20s);
  add_copy(facts, "a", 2, Provenance::kRecovered, kStart + 10s);
  add_copy(facts, "a", 3, Provenance::kDelivered, kStart + 30s);
  EXPECT_THAT(counting(facts), ElementsAre(Provenance::kImported)) << "of two signed ones the first appended counts";
  EXPECT_EQ(facts.events()[0].known_at, kStart + 10s);
  EXPECT_EQ(facts.events()[0].received_at, kStart + 20s);
}

TEST(CallFacts, KnowTheirTextsWhenThereAreMany) {
  CallFacts facts("call", 0);
  for (std::uint64_t n = 0; n < 200; ++n) add(facts, "event-" + std::to_string(n), n);
  for (std::uint64_t n = 0; n < 200; ++n) add(facts, "event-" + std::to_string(n), 200 + n);
  const auto decoded = CallFacts::decode("call", facts.encode()).value();
  for (std::size_t n = 0; n < 400; ++n) {
    EXPECT_EQ(decoded.text(decoded.events()[n].id), "event-" + std::to_string(n % 200));
    EXPECT_EQ(decoded.events()[n].repeat, n >= 200);
  }
  CallFacts copy = decoded;  // A copy has an index of its own.
  add(copy, "event-7", 400);
  EXPECT_TRUE(copy.events().back().repeat);
}

TEST(CallFacts, AsOfTakesWhatHadBeenReceivedOrHadHappened) {
  const CallFacts facts = build_call({{"initiated", "a", 0s, 1s}, {"answered", "a", 2s, 9s}, {"hangup", "a", 4s, 5s}});
  const auto types = [](const CallFacts& past) {
    std::vector<std::string> names;
    for (const EventFact& event : past.events()) names.emplace_back(past.text(event.type));
    return names;
  };
  EXPECT_THAT(types(facts.as_of(kStart + 1s - 1us, false)), ElementsAre());
  EXPECT_THAT(types(facts.as_of(kStart + 1s, false)), ElementsAre("call.initiated"));
  EXPECT_THAT(types(facts.as_of(kStart + 5s, false)), ElementsAre("call.initiated", "call.hangup"));
  EXPECT_THAT(types(facts.as_of(kStart + 2s, true)), ElementsAre("call.initiated", "call.answered"));
  EXPECT_EQ(facts.as_of(kStart + 9s, false).encode(), facts.encode());
}

TEST(CallFacts, AsOfBeforeTheOriginalTheRepeatCounts) {
  // Of two bodies under one id the first appended counts: of those that had been received by then.
  CallFacts facts("call", 0);
  add(facts, "a", 0, kStart + 10s);
  add(facts, "a", 1, kStart + 5s);
  add(facts, "a", 2, kStart + 6s);
  for (const bool by_occurrence : {false, true}) {
    EXPECT_THAT(ids(facts.as_of(kStart + 5s, by_occurrence)), ElementsAre("a"));
    EXPECT_THAT(ids(facts.as_of(kStart + 7s, by_occurrence)), ElementsAre("a", "a again"));
    EXPECT_THAT(ids(facts.as_of(kStart + 10s, by_occurrence)), ElementsAre("a", "a again", "a again"));
  }
}

TEST(CallFacts, CutBytesAreRefused) {
  const std::string bytes = rich_facts().encode();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto decoded = CallFacts::decode("call-1", std::string_view(bytes).substr(0, size));
    ASSERT_FALSE(decoded) << size;
    EXPECT_EQ(decoded.error().code, ErrorCode::kCorruption);
  }
  EXPECT_FALSE(CallFacts::decode("call-1", bytes + '\0'));
}

TEST(CallFacts, UnknownVersionsAndFlagsAreRefused) {
  std::string bytes = rich_facts().encode();
  for (const char version : {'\1', '\3'}) {
    bytes[0] = version;
    EXPECT_FALSE(CallFacts::decode("call-1", bytes));
  }
  const std::string event = std::string("\x00\x00\x00\x00\x00", 5);
  const auto with_mask = [&](const std::string& mask) {
    return CallFacts::decode("call", std::string("\x02\x00\x00\x01", 4) + mask + event);
  };
  EXPECT_TRUE(with_mask(std::string("\x00", 1)));
  EXPECT_TRUE(with_mask("\x80\x80\x80\xe0\x07"));                       // Bits 26 to 30: the flags.
  EXPECT_FALSE(with_mask("\x80\x80\x04"));                              // Bit 16.
  EXPECT_FALSE(with_mask("\x80\x80\x80\x80\x08"));                      // Bit 31.
  EXPECT_FALSE(with_mask("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"));  // Bit 63.
}

TEST(CallFacts, TelemetryHasIdsOfItsOwnAndNamesNoOrganisation) {
  RecordView record;
  record.id = "e1";
  record.source = "telnyx";
  record.type = "call.initiated";
  record.key = "call-1";
  record.in_call = true;
  EventDetail telemetry;
  telemetry.telemetry = true;
  telemetry.device_id = "phone";
  telemetry.organization_id = "org";
  CallFacts facts("call-1", 0);
  facts.add(record, telemetry, 1);
  facts.add(record, {}, 2);
  facts.add(record, telemetry, 3);
  facts.add(record, {}, 4);
  record.received_at = Time(Duration(9));
  facts.add(record, telemetry, 5);
  const auto decoded = CallFacts::decode("call-1", facts.encode()).value();
  std::vector<std::pair<bool, bool>> seen;
  const CallFacts past = decoded.as_of(Time(Duration(8)), false);
  for (const EventFact& event : past.events()) seen.emplace_back(event.telemetry, event.repeat);
  EXPECT_THAT(seen, ElementsAre(Pair(true, false), Pair(false, false), Pair(true, true), Pair(false, true)));
  EXPECT_EQ(decoded.text(decoded.events()[0].device), "phone");
  EXPECT_EQ(decoded.events()[0].organization, 0U);
}

TEST(CallFacts, BeforeAnOffsetTheyAreWhatTheyWereThen) {
  CallFacts facts("call", 0);
  for (const std::uint64_t offset : {3U, 7U, 8U}) add(facts, offset == 7 ? "b" : "a", offset, kStart);
  EXPECT_THAT(facts.before(3).events(), ::testing::IsEmpty());
  EXPECT_THAT(facts.before(7).events(), ::testing::SizeIs(1));
  EXPECT_THAT(facts.before(8).events(), ::testing::SizeIs(2));
  EXPECT_TRUE(facts.before(9).events().back().repeat);
}

TEST(CallFacts, DamagedBytesNeverCrash) {
  auto random = seeded_generator();
  const std::string bytes = rich_facts().encode();
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(value);
      if (const auto decoded = CallFacts::decode("call-1", damaged)) {
        for (const EventFact& event : decoded->events()) (void)decoded->text(event.urls).size();
        (void)decoded->as_of(kStart, true).encode();
      }
    }
  }
  for (int round = 0; round < 20'000; ++round) {
    std::string noise(random_below(random, 80), '\1');
    for (std::size_t i = 1; i < noise.size(); ++i) noise[i] = static_cast<char>(random());
    if (const auto decoded = CallFacts::decode("x", noise)) (void)decoded->encode();
  }
}

/// `events` of `legs` legs in turn, each leg with texts of its own.
void tell(CallFacts& facts, std::uint64_t events, std::uint64_t legs) {
  for (std::uint64_t n = 0; n < events; ++n) {
    const std::string id = "event-" + std::to_string(n), leg = "leg-" + std::to_string(n % legs);
    RecordView record;
    record.id = id;
    record.source = "telnyx";
    record.type = n % 3 == 0 ? "call.answered" : "call.dtmf.received";
    record.leg_id = leg;
    record.key = facts.call_id();
    record.occurred_at = record.received_at = kStart + n * 1s;
    record.in_call = record.timed = true;
    EventDetail detail;
    detail.control_id = "v3:" + leg;
    detail.from = n % 5 == 0 ? "" : "+1" + leg;
    detail.to = leg;
    facts.add(record, detail, n);
  }
}

TEST(CallFacts, RestartedTheyAreAsNew) {
  CallFacts again("another", 3);
  for (const auto& [events, legs] :
       {std::pair(500U, 100U), std::pair(4U, 2U), std::pair(80U, 70U), std::pair(9U, 9U)}) {
    CallFacts fresh("call", 1);
    tell(fresh, events, legs);
    again.restart("call", 1);
    tell(again, events, legs);
    EXPECT_EQ(again.encode(), fresh.encode()) << events;
    EXPECT_EQ(again.call_id(), "call");
    for (const EventFact& event : again.events()) {
      const std::string leg = "leg-" + std::to_string(event.offset % legs);
      EXPECT_EQ(again.text(event.leg), leg);
      EXPECT_EQ(again.text(event.control_id), "v3:" + leg);
      EXPECT_EQ(again.text(event.from), event.offset % 5 == 0 ? "" : "+1" + leg);
      EXPECT_EQ(again.text(event.to), leg);
    }
  }
}

TEST(CallFacts, TenThousandEventsTakeBoundedTime) {
  constexpr std::uint64_t kEvents = 10'000;
  CallFacts facts("call", 0);
  const auto began = std::chrono::steady_clock::now();
  for (std::uint64_t n = 0; n < kEvents; ++n) add(facts, "event-" + std::to_string(n), n, kStart + n * 1s);
  for (std::uint64_t n = 0; n < kEvents; ++n) add(facts, "event-" + std::to_string(n), kEvents + n, kStart + n * 1s);
  const std::string bytes = facts.encode();
  EXPECT_EQ(CallFacts::decode("call", bytes).value().encode(), bytes);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
  EXPECT_LT(bytes.size(), 60 * kEvents);
}

}  // namespace
}  // namespace hookledger
