#include <gmock/gmock.h>
#include <map>
#include <memory>
#include <set>
#include <sstream>

#include "projector/fold.h"
#include "projector/rules/built_in_rules.h"
#include "schemas/cloud_event.h"
#include "schemas/ed25519/key.h"
#include "schemas/json.h"
#include "schemas/sources/telnyx.h"
#include "schemas/text.h"
#include "tools/simulate/expectation.h"
#include "tools/simulate/plan.h"
#include "tools/simulate/report.h"
#include "tools/simulate/simulated_record.h"
#include "tools/simulate/traffic_file.h"

namespace hookledger {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

const Ed25519KeyPair kKey = ed25519_key_pair(Ed25519Seed{1, 2, 3});
const Time kStart = *parse_time("2026-02-08T10:15:30Z");

TrafficOptions options_of(std::uint32_t calls, std::uint64_t seed = 7) {
  TrafficOptions options;
  options.calls = calls;
  options.seed = seed;
  options.start = kStart;
  return options;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::string file_of(const TrafficOptions& options) {
  std::ostringstream out;
  write_cloud_events(make_plan(options).value(), kKey, out).value();
  return out.str();
}

std::string expected(const TrafficOptions& options, const std::vector<EventIndex>& events) {
  std::ostringstream out;
  write_expected_calls(options, events, out).value();
  return out.str();
}

std::vector<std::string> bodies_of(const Plan& plan) {
  ScriptShelf shelf(plan.options);
  std::vector<std::string> bodies;
  for (const Delivery& delivery : plan.deliveries) bodies.push_back(shelf.body(delivery));
  return bodies;
}

/// A plan's calls as their events arrived.
std::map<std::string, CallFacts> fold_deliveries(const Plan& plan) {
  const auto reader = make_telnyx_reader();
  ScriptShelf shelf(plan.options);
  std::map<std::string, CallFacts> calls;
  std::set<EventIndex> seen;
  std::uint64_t offset = 0;
  for (const Delivery& delivery : plan.deliveries) {
    if (!seen.insert(delivery.event).second) continue;
    const std::string body = shelf.body(delivery);
    const EventHead head = reader->head({body});
    calls.try_emplace(head.call_id, head.call_id, 0)
        .first->second.add(simulated_record(head, body, delivery.arrives_at), reader->detail({body}, head.type),
                           ++offset);
  }
  return calls;
}

TEST(Simulate, SameOptionsGiveTheSameBytes) {
  TrafficOptions options = options_of(20);
  options.duplicate = 0.3;
  options.delay_max = 5s;
  const std::string once = file_of(options);
  EXPECT_EQ(once, file_of(options));
  options.seed = 8;
  EXPECT_NE(once, file_of(options));
}

TEST(Simulate, BytesOfASeedNeverChange) {
  TrafficOptions options = options_of(20);
  EXPECT_EQ(blake2b_256_hex(file_of(options)), "18e0fb35c78bc4ef9a69d3255580b9617d28b2b0f1095a04727cb8c8e1e77f97");
  options.duplicate = 0.3;
  options.drop = 0.05;
  options.shuffle = true;
  options.legs = 9;
  EXPECT_EQ(blake2b_256_hex(file_of(options)), "7c3f9371a6a836a9693b3e57bc4d5030e83ba845b6561a199fea165c44553484");
}

TEST(Simulate, EveryLineIsASignedDelivery) {
  TrafficOptions options = options_of(10);
  options.duplicate = 0.5;
  const Plan plan = make_plan(options).value();
  const std::vector<std::string> lines = lines_of(file_of(options));
  ASSERT_EQ(lines.size(), plan.deliveries.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const CloudEvent event = parse_cloud_event(lines[i]).value();
    const Time arrival = plan.deliveries[i].arrives_at;
    EXPECT_EQ(event.source, "telnyx");
    EXPECT_EQ(event.content_type, "application/json");
    EXPECT_EQ(event.provenance, Provenance::kDelivered);
    EXPECT_EQ(event.key_id, key_id(kKey.public_key));
    EXPECT_EQ(event.received_at, arrival);
    EXPECT_EQ(event.signed_at, unix_seconds(arrival));
    const std::string signature = decode_base64(event.signature).value();
    Ed25519Signature raw;
    ASSERT_EQ(signature.size(), raw.size());
    std::ranges::copy(signature, raw.begin());
    EXPECT_TRUE(Ed25519Key(kKey.public_key).verifies(raw, event.signed_at + "|" + event.body));
  }
}

TEST(Simulate, EveryBodyIsUnderstood) {
  const Plan plan = make_plan(options_of(300)).value();
  const auto reader = make_telnyx_reader();
  std::set<std::string> types, ids;
  std::size_t bytes = 0;
  for (const std::string& body : bodies_of(plan)) {
    ASSERT_TRUE(is_json(body)) << body;
    const EventHead head = reader->head({body});
    EXPECT_FALSE(head.call_id.empty());
    EXPECT_EQ(head.leg_id.empty(), head.type == "conference.recording.saved") << body;
    EXPECT_TRUE(head.occurred_at.has_value());
    EXPECT_EQ(head.attempt, 1U);
    types.insert(head.type);
    ids.insert(head.id);
    bytes += body.size();
  }
  EXPECT_EQ(ids.size(), plan.events);
  EXPECT_THAT(types,
              testing::ElementsAre("call.answered", "call.bridged", "call.dtmf.received", "call.hangup",
                                   "call.initiated", "call.recording.saved", "call.speak.ended", "call.speak.started",
                                   "conference.created", "conference.ended", "conference.participant.joined",
                                   "conference.participant.left", "conference.recording.saved"));
  const std::size_t typical = bytes / plan.deliveries.size();
  EXPECT_GT(typical, 750U);
  EXPECT_LT(typical, 950U);
}

TEST(Simulate, RepeatsAreTheSameEventTriedAgain) {
  TrafficOptions options = options_of(5);
  EXPECT_EQ(make_plan(options).value().deliveries.size(), make_plan(options).value().events);
  options.duplicate = 1;
  const Plan plan = make_plan(options).value();
  EXPECT_EQ(plan.deliveries.size(), plan.events * TrafficOptions::kAttemptsMax);
  const auto reader = make_telnyx_reader();
  std::map<std::string, std::multiset<std::uint32_t>> attempts;
  for (const std::string& body : bodies_of(plan)) {
    const EventHead head = reader->head({body});
    attempts[head.id].insert(head.attempt);
  }
  EXPECT_THAT(attempts, SizeIs(plan.events));
  for (const auto& [id, tried] : attempts) EXPECT_EQ(tried, (std::multiset<std::uint32_t>{1, 2, 3}));
}

TEST(Simulate, DropLosesEventsButNotFromWhatWouldHaveBeen) {
  TrafficOptions options = options_of(50);
  const Plan whole = make_plan(options).value();
  const std::string all = expected(options, events_all(whole));
  EXPECT_EQ(expected(options, events_sent(whole)), all);
  EXPECT_THAT(lines_of(all), SizeIs(50));

  options.drop = 0.3;
  const Plan lossy = make_plan(options).value();
  EXPECT_GT(lossy.dropped, 0U);
  EXPECT_EQ(lossy.deliveries.size(), lossy.events - lossy.dropped);
  EXPECT_EQ(expected(options, events_all(lossy)), all);
  EXPECT_NE(expected(options, events_sent(lossy)), all);

  options.drop = 1;
  const Plan lost = make_plan(options).value();
  EXPECT_THAT(lost.deliveries, IsEmpty());
  EXPECT_EQ(expected(options, events_sent(lost)), "");
  EXPECT_EQ(expected(options, events_all(lost)), all);
}

TEST(Simulate, WhatWasNotTakenIsNotExpected) {
  const TrafficOptions options = options_of(10);
  const Plan plan = make_plan(options).value();
  std::vector<bool> taken(plan.deliveries.size(), true);
  for (std::size_t i = 0; i < taken.size(); ++i)
    if (plan.deliveries[i].event.call == 4) taken[i] = false;
  EXPECT_THAT(lines_of(expected(options, events_sent(plan, taken))), SizeIs(9));
}

TEST(Simulate, ExpectedCallsAreSortedAndAreWhatTheDeliveriesFoldTo) {
  TrafficOptions options = options_of(60);
  options.duplicate = 0.4;
  options.drop = 0.1;
  options.shuffle = true;
  const Plan plan = make_plan(options).value();
  std::string folded;
  for (const auto& [id, facts] : fold_deliveries(plan)) {
    JsonWriter out;
    write_json(out, derive_call(facts), nullptr);
    folded.append(out.view()).append("\n");
  }
  EXPECT_EQ(expected(options, events_sent(plan)), folded);
}

TEST(Simulate, ShuffledDeliveriesArriveInAnyOrderAfterTheyHappened) {
  TrafficOptions options = options_of(40);
  options.shuffle = true;
  const Plan plan = make_plan(options).value();
  std::size_t inversions = 0;
  for (std::size_t i = 1; i < plan.deliveries.size(); ++i) {
    EXPECT_LT(plan.deliveries[i - 1].arrives_at, plan.deliveries[i].arrives_at);
    inversions += plan.deliveries[i].event < plan.deliveries[i - 1].event ? 1 : 0;
  }
  EXPECT_GT(inversions, plan.deliveries.size() / 3);
  const auto reader = make_telnyx_reader();
  for (const std::string& body : bodies_of(plan))
    EXPECT_LT(reader->head({body}).occurred_at, plan.deliveries.front().arrives_at);
}

TEST(Simulate, DelayIsBoundedAndReorders) {
  TrafficOptions options = options_of(40);
  options.delay_max = 20s;
  const Plan plan = make_plan(options).value();
  const auto reader = make_telnyx_reader();
  const std::vector<std::string> bodies = bodies_of(plan);
  Duration longest{0};
  bool reordered = false;
  Time latest;
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    const Time occurred_at = *reader->head({bodies[i]}).occurred_at;
    longest = std::max(longest, plan.deliveries[i].arrives_at - occurred_at);
    reordered = reordered || occurred_at < latest;
    latest = std::max(latest, occurred_at);
  }
  EXPECT_TRUE(reordered);
  EXPECT_GT(longest, 15s);
  EXPECT_LE(longest, 20'400ms);
}

TEST(Simulate, LegsSetsTheSizeOfTheRing) {
  TrafficOptions options = options_of(30);
  options.legs = 12;
  std::set<std::size_t> sizes;
  std::size_t won = 0;
  for (const auto& [id, facts] : fold_deliveries(make_plan(options).value())) {
    const Call call = derive_call(facts);
    sizes.insert(call.legs.size());
    won += call.winner_leg_id.empty() ? 0 : 1;
  }
  EXPECT_EQ(sizes, (std::set<std::size_t>{13, 14}));  // The caller's, and the target of a transfer.
  EXPECT_GT(won, 15U);
  EXPECT_LT(won, 30U);
}

TEST(Simulate, HealthyCallsGiveNoFinding) {
  TrafficOptions options = options_of(1500);
  const auto rules = built_in_rules();
  std::size_t transfers = 0;
  for (const std::uint32_t legs : {0U, 40U}) {
    options.legs = legs;
    options.calls = legs == 0 ? 1500 : 60;
    for (const auto& [id, facts] : fold_deliveries(make_plan(options).value())) {
      const Call call = derive_call(facts);
      EXPECT_EQ(call.status, CallStatus::kEnded) << id;
      EXPECT_TRUE(call.organization_id.starts_with("org-")) << id;
      EXPECT_THAT(call.missing, IsEmpty()) << id;
      for (const Finding& finding : rules->findings(facts, call.last_at + 24h)) {
        EXPECT_NE(finding.status, FindingStatus::kOpen) << id << ' ' << finding.rule;
        // The target of a transfer is initiated apart from the others, and rings.
        EXPECT_THAT(finding.rule, ::testing::AnyOf("legs-ring-after-answer", "legs-initiated-apart")) << id;
        transfers += finding.rule == "legs-ring-after-answer" ? 1 : 0;
      }
    }
  }
  EXPECT_GT(transfers, 50U);
}

TEST(Simulate, LostEventsAreFound) {
  TrafficOptions options = options_of(300);
  options.drop = 0.2;
  const auto rules = built_in_rules();
  std::set<std::string> open;
  for (const auto& [id, facts] : fold_deliveries(make_plan(options).value()))
    for (const std::string& rule : open_rules(rules->findings(facts, kStart + 24h))) open.insert(rule);
  EXPECT_THAT(open, testing::IsSupersetOf({"legs-ring-after-hangup", "missing-event", "no-end", "peer-not-ended"}));
}

TEST(Simulate, TalkingTimeCanBeChosen) {
  TrafficOptions options = options_of(100);
  options.talk = 2s;
  Duration longest{0};
  for (const auto& [id, facts] : fold_deliveries(make_plan(options).value())) {
    const Call call = derive_call(facts);
    if (call.bridged_at) longest = std::max(longest, *call.ended_at - *call.bridged_at);
  }
  EXPECT_GT(longest, 2s);
  EXPECT_LT(longest, 10s);
}

TEST(Simulate, OptionsAreChecked) {
  const auto refused = [](auto change) {
    TrafficOptions options = options_of(1);
    change(options);
    const Result<Plan> plan = make_plan(options);
    return plan.has_error() && plan.error().code == ErrorCode::kUsage;
  };
  EXPECT_FALSE(refused([](TrafficOptions&) {}));
  EXPECT_TRUE(refused([](TrafficOptions& o) { o.calls = 0; }));
  EXPECT_TRUE(refused([](TrafficOptions& o) { o.legs = 1001; }));
  EXPECT_TRUE(refused([](TrafficOptions& o) { o.duplicate = 1.1; }));
  EXPECT_TRUE(refused([](TrafficOptions& o) { o.drop = -0.1; }));
  EXPECT_TRUE(refused([](TrafficOptions& o) { o.drop = std::numeric_limits<double>::quiet_NaN(); }));
  EXPECT_TRUE(refused([](TrafficOptions& o) { o.talk = -1s; }));
  EXPECT_TRUE(refused([](TrafficOptions& o) { o.delay_max = -1s; }));
}

TEST(Simulate, AFileThatCannotBeWrittenIsSaid) {
  std::ostringstream out;
  out.setstate(std::ios::badbit);
  const Plan plan = make_plan(options_of(1)).value();
  EXPECT_EQ(write_cloud_events(plan, kKey, out).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(write_expected_calls(plan.options, events_all(plan), out).error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace hookledger
