#include "replay/status_steps.h"

#include <gtest/gtest.h>

#include "projector/fold.h"
#include "tests/support/call_builder.h"
#include "tests/support/seeded.h"

namespace hookledger::testing {
namespace {

TEST(StatusSteps, GiveWhatTheFoldGivesForTheSameEvents) {
  auto random = seeded_generator();
  const std::vector<std::string> types = {"initiated", "answered", "bridged", "hangup", "dtmf.received"};
  for (int round = 0; round < 500; ++round) {
    std::vector<BuiltEvent> events(1 + random_below(random, 14));
    for (std::size_t n = 0; n < events.size(); ++n) {
      events[n].id = std::to_string(n);
      events[n].type = types[random_below(random, types.size())];
      if (random_below(random, 8) != 0)
        events[n].leg = std::string(1, static_cast<char>('a' + random_below(random, 3)));
      events[n].dialled = random_below(random, 3) == 0;
    }
    const CallFacts facts = build_call(events);
    StatusSteps steps;
    for (const EventFact& event : facts.events()) {
      ASSERT_EQ(steps.add(event), derive_call(facts.before(event.offset + 1)).status) << "round " << round;
    }
  }
}

}  // namespace
}  // namespace hookledger::testing
