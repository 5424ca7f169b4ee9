// G4: any order, any duplication of the same events gives byte-identical state; through a real log and fold.
#include <gmock/gmock.h>
#include <sstream>

#include "projector/folding.h"
#include "projector/queries.h"
#include "projector/rules/built_in_rules.h"
#include "schemas/json.h"
#include "tests/replay/signed_log.h"
#include "tests/support/seeded.h"
#include "tools/simulate/expectation.h"

namespace hookledger::testing {
namespace {

constexpr std::uint32_t kCalls = 40;

TrafficOptions traffic() {
  TrafficOptions options;
  options.calls = kCalls;
  options.seed = 11;
  options.start = kStart;
  options.drop = 0.1;
  options.duplicate = 0.4;
  return options;
}

/// All calls as JSON lines in order of id, folded from the log in batches of any size.
std::string calls_of(const LogReader& log, std::mt19937_64& random) {
  const auto rules = built_in_rules();
  const auto store = CallStore::make(open_key_value_overlay({}).value(), make_shape(log.partitions(), *rules)).value();
  for (std::uint32_t partition = 0; partition < log.partitions(); ++partition) {
    Folding folding(*store, *rules);
    for (std::uint64_t from = 0; from < log.end(partition);) {
      const std::uint64_t end = std::min(log.end(partition), from + 1 + random_below(random, 50));
      EXPECT_TRUE(fold_partition(folding, *store, log, partition, from, end, [](std::uint64_t) { return true; }));
      from = end;
    }
  }
  JsonWriter json;
  std::string lines;
  EXPECT_TRUE(store->for_each([&](std::string_view id, std::string_view bytes) {
    json.clear();
    write_json(json, Queries(*store, *rules).describe(CallFacts::decode(id, bytes).value(), kStart + 24h).call,
               nullptr);
    lines.append(json.view()).append("\n");
    return true;
  }));
  return lines;
}

TEST(OrderDoesNotMatter, EveryOrderOfTheSameTrafficGivesTheSameCalls) {
  auto random = seeded_generator();
  const Plan plan = make_plan(traffic()).value();
  std::ostringstream expected;
  ASSERT_TRUE(write_expected_calls(plan.options, events_sent(plan), expected));
  ASSERT_GT(expected.str().size(), 10'000U);
  ScriptShelf shelf(plan.options);
  std::vector<SignedEvent> events;
  for (const Delivery& delivery : plan.deliveries)
    events.push_back({.body = shelf.body(delivery), .received_at = delivery.arrives_at});
  for (int order = 0; order < 5; ++order) {
    SignedLog log(1 + static_cast<std::uint32_t>(random_below(random, 8)));
    if (order == 1) std::reverse(events.begin(), events.end());
    if (order > 1) std::shuffle(events.begin(), events.end(), random);
    log.append(events);
    if (order % 2 == 1) {  // The same once more, when the window no longer knows it.
      log.clock().advance(100h);
      std::vector<SignedEvent> again = events;
      for (SignedEvent& event : again) event.received_at += 100h;
      log.append(again);
    }
    ASSERT_EQ(calls_of(log.log(), random), expected.str()) << "order " << order;
  }
}

}  // namespace
}  // namespace hookledger::testing
