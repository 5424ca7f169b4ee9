// Random histories of one call, with ties, doubles, gaps and every provenance, against an independent model.
#include <gmock/gmock.h>

#include "tests/projector/fold_oracle.h"
#include "tests/support/seeded.h"

namespace hookledger::testing {
namespace {

constexpr int kRounds = 3'000;

const std::string& one_of(std::mt19937_64& random, const std::vector<std::string>& values) {
  return values[random_below(random, values.size())];
}

FoldEvent random_event(std::mt19937_64& random, std::size_t number) {
  static const std::vector<std::string> kTypes = {
      "call.initiated", "call.initiated", "call.answered",        "call.bridged",
      "call.hangup",    "call.hangup",    "call.recording.saved", "conference.recording.saved",
      "call.something", "leg.ringing"};
  static const std::vector<std::string> kLegs = {"", "a", "b", "c", "b\xff", "B", std::string("b\0", 2)};
  static const std::vector<std::string> kDirections = {"", "", "incoming", "outgoing", "sideways"};
  const auto maybe = [&](const std::string& text) {
    return random_below(random, 2) == 0 ? std::string() : text + std::to_string(random_below(random, 3));
  };
  const auto tick = [&] { return kStart + std::chrono::seconds(random_below(random, 6)); };
  FoldEvent event;
  event.id = one_of(random, {"e", "E", "e\xff"}) + std::to_string(number * 7 % 13) + "/" + std::to_string(number);
  event.type = one_of(random, kTypes);
  event.leg = one_of(random, kLegs);
  event.occurred_at = tick();
  event.received_at = tick();
  event.timed = random_below(random, 8) != 0;
  event.control_id = maybe("control");
  event.direction = one_of(random, kDirections);
  event.from = maybe("from");
  event.to = maybe("to");
  event.organization = maybe("org");
  event.source = maybe("source") + "s";
  event.provenance = static_cast<Provenance>(random_below(random, 4));
  event.telemetry = number > 0 && random_below(random, 4) == 0;
  event.device = maybe("device");
  // An application may take any id, a provider's event's too.
  if (event.telemetry)
    event.id =
        one_of(random, {"e", "E", "e\xff"}) + std::to_string((number - 1) * 7 % 13) + "/" + std::to_string(number - 1);
  if (event.effect() == Effect::kHangup) {
    event.hangup_cause = maybe("cause");
    event.hangup_source = maybe("source");
    event.sip_hangup_cause = maybe("sip");
  }
  event.dialled = random_below(random, 5) == 0;
  event.by_subscription = random_below(random, 5) == 0;
  if (event.effect() == Effect::kHangup && random_below(random, 3) == 0) event.recording_id = maybe("recording");
  if (event.effect() == Effect::kRecording) {
    event.recording_id = maybe("recording");
    event.channels = maybe("channels");
    event.urls = R"({"mp3":")" + maybe("u") + "\"}";
    if (random_below(random, 2) == 0) event.recording_started_at = tick();
    if (random_below(random, 2) == 0) event.recording_ended_at = tick();
  }
  return event;
}

std::vector<FoldEvent> random_events(std::mt19937_64& random) {
  std::vector<FoldEvent> events;
  const std::size_t count = random_below(random, 14);
  for (std::size_t number = 0; number < count; ++number) events.push_back(random_event(random, number));
  return events;
}

/// Makes some events other bodies under the id of another.
void share_ids(std::vector<FoldEvent>& events, std::mt19937_64& random) {
  for (FoldEvent& event : events) {
    if (random_below(random, 3) == 0) event.id = events[random_below(random, events.size())].id;
  }
}

/// Any order, and some of them more than once.
std::vector<FoldEvent> delivered_anyhow(std::vector<FoldEvent> events, std::mt19937_64& random) {
  for (std::size_t i = 0, distinct = events.size(); i < distinct; ++i) {
    if (random_below(random, 3) == 0) events.push_back(events[i]);
  }
  std::shuffle(events.begin(), events.end(), random);
  return events;
}

/// What was received of an event, whatever its place: two sets of facts are equal when these are.
std::vector<std::string> facts_but_for_offsets(const CallFacts& facts) {
  std::vector<std::string> each;
  for (const EventFact& event : facts.events()) {
    if (event.repeat) continue;
    std::string text = std::to_string(event.occurred_at.time_since_epoch().count()) + "|" +
                       std::to_string(event.received_at.time_since_epoch().count()) + "|" +
                       std::to_string(static_cast<int>(event.effect)) +
                       std::to_string(static_cast<int>(event.provenance)) + std::to_string(event.timed) +
                       std::to_string(event.dialled) + std::to_string(event.by_subscription);
    for (const Text field : {event.id, event.type, event.leg, event.source, event.control_id, event.direction,
                             event.from, event.to, event.organization, event.hangup_cause, event.hangup_source,
                             event.sip_hangup_cause, event.recording, event.channels, event.urls}) {
      text.append("|").append(facts.text(field));
    }
    each.push_back(text);
  }
  std::sort(each.begin(), each.end());
  return each;
}

TEST(FoldProperty, AgreesWithAnIndependentModel) {
  auto random = seeded_generator();
  for (int round = 0; round < kRounds; ++round) {
    const auto events = random_events(random);
    ASSERT_EQ(json_of(call_of(events)), json_of(FoldOracle::call(events))) << "round " << round;
  }
}

TEST(FoldProperty, AgreesWhenBodiesDifferUnderOneId) {
  auto random = seeded_generator();
  for (int round = 0; round < kRounds; ++round) {
    auto events = random_events(random);
    share_ids(events, random);
    ASSERT_EQ(json_of(call_of(events)), json_of(FoldOracle::call(events))) << "round " << round;
  }
}

TEST(FoldProperty, AnyOrderAndAnyDuplicationGiveTheSameBytes) {
  auto random = seeded_generator();
  for (int round = 0; round < kRounds; ++round) {
    const auto events = random_events(random);
    const CallFacts facts = facts_of(events);
    const std::string expected = json_of(derive_call(facts));
    for (int order = 0; order < 4; ++order) {
      const CallFacts again = facts_of(delivered_anyhow(events, random));
      ASSERT_EQ(json_of(derive_call(again)), expected) << "round " << round;
      ASSERT_EQ(facts_but_for_offsets(again), facts_but_for_offsets(facts)) << "round " << round;
    }
  }
}

/// G10: what stands in gives way, whichever comes first.
TEST(FoldProperty, AnyOrderOfDeliveredAndRecoveredCopiesGivesTheSameCall) {
  auto random = seeded_generator();
  for (int round = 0; round < kRounds; ++round) {
    std::vector<FoldEvent> copies, counting;
    for (FoldEvent event : random_events(random)) {
      event.timed = true;
      FoldEvent recovered = event;
      event.provenance = Provenance::kDelivered;
      recovered.provenance = random_below(random, 2) == 0 ? Provenance::kRecovered : Provenance::kSynthetic;
      if (recovered.hangup_cause.empty()) recovered.hangup_cause = "another tale";
      const std::size_t which = random_below(random, 3);
      if (which != 0) copies.push_back(event);
      if (which != 1) copies.push_back(recovered);
      counting.push_back(which == 0 ? recovered : event);
    }
    const CallFacts expected = facts_of(counting);
    for (int order = 0; order < 4; ++order) {
      const CallFacts facts = facts_of(delivered_anyhow(copies, random));
      ASSERT_EQ(json_of(derive_call(facts)), json_of(derive_call(expected))) << "round " << round;
      ASSERT_EQ(facts_but_for_offsets(facts), facts_but_for_offsets(expected)) << "round " << round;
    }
  }
}

TEST(FoldProperty, GoingOnFromAnEncodedPrefixEqualsFoldingItAll) {
  auto random = seeded_generator();
  for (int round = 0; round < 500; ++round) {
    auto events = delivered_anyhow(random_events(random), random);
    if (round % 2 == 1) share_ids(events, random);
    const std::string whole = facts_of(events).encode();
    for (std::size_t cut = 0; cut <= events.size(); ++cut) {
      CallFacts facts("call", 0);
      for (std::size_t offset = 0; offset < events.size(); ++offset) {
        if (offset == cut) facts = CallFacts::decode("call", facts.encode()).value();
        add_to(facts, events[offset], offset);
        if (random_below(random, 4) == 0) add_to(facts, events[offset], offset);  // Folded again after a crash.
      }
      ASSERT_EQ(facts.encode(), whole) << "round " << round << ", cut " << cut;
    }
  }
}

TEST(FoldProperty, AsOfATimeIsTheFoldOfWhatWasKnownThen) {
  auto random = seeded_generator();
  for (int round = 0; round < 1'000; ++round) {
    auto events = delivered_anyhow(random_events(random), random);
    if (round % 2 == 1) share_ids(events, random);
    const CallFacts facts = facts_of(events);
    for (int second = -1; second < 7; ++second) {
      const Time at = kStart + std::chrono::seconds(second);
      std::vector<FoldEvent> received, happened;
      for (const FoldEvent& event : events) {
        if (event.received_at <= at) received.push_back(event);
        if ((event.timed ? event.occurred_at : event.received_at) <= at) happened.push_back(event);
      }
      ASSERT_EQ(json_of(derive_call(facts.as_of(at, false))), json_of(FoldOracle::call(received))) << round;
      ASSERT_EQ(json_of(derive_call(facts.as_of(at, true))), json_of(FoldOracle::call(happened))) << round;
    }
  }
}

TEST(FoldProperty, AFewThousandLegsAndRecordingsTakeBoundedTime) {
  CallFacts facts("call", 0);
  constexpr std::size_t kLegs = 5'000;
  for (std::size_t n = 0; n < kLegs; ++n) {
    const std::string number = std::to_string(n);
    add_to(facts, {.id = "i" + number, .type = "call.initiated", .leg = "leg" + number}, 2 * n);
    add_to(facts, {.id = "r" + number, .type = "call.recording.saved", .leg = "leg" + number}, 2 * n + 1);
  }
  const auto began = std::chrono::steady_clock::now();
  const Call call = derive_call(facts);
  EXPECT_EQ(call.legs.size(), kLegs);
  EXPECT_EQ(call.recordings.size(), kLegs);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
}

}  // namespace
}  // namespace hookledger::testing
