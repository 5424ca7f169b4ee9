#include <gmock/gmock.h>
#include <set>

#include "projector/fold.h"
#include "tests/replay/call_history.h"
#include "tests/support/seeded.h"

namespace hookledger::testing {
namespace {

constexpr int kHistories = 120;

/// Few ids, legs and instants, so that ties, repeats and every order are common.
void tell_at_random(CallHistory& history, std::mt19937_64& random) {
  const std::vector<std::string> types = {"call.initiated", "call.answered",      "call.bridged",
                                          "call.hangup",    "call.dtmf.received", "call.recording.saved"};
  const std::size_t count = 1 + random_below(random, 14);
  for (std::size_t i = 0; i < count; ++i) {
    Told told;
    told.id = "e" + std::to_string(random_below(random, 20));
    told.type = types[random_below(random, types.size())];
    if (random_below(random, 8) != 0) told.leg = "leg" + std::to_string(random_below(random, 3));
    told.at = random_below(random, 10) * 1s;
    told.received = told.at + random_below(random, 5) * 1s;
    told.provenance = static_cast<Provenance>(random_below(random, 4));
    told.timed = random_below(random, 10) != 0;
    history.tell(told);
  }
}

TEST(TimelineProperty, EveryEntryAgreesWithTheModel) {
  std::mt19937_64 random = seeded_generator();
  for (int n = 0; n < kHistories; ++n) {
    SCOPED_TRACE("history " + std::to_string(n));
    CallHistory history;
    tell_at_random(history, random);
    const Timeline timeline = history.read().value();
    ASSERT_EQ(timeline.entries.size(), history.facts.events().size());

    std::set<std::uint64_t> above;
    for (std::size_t i = 0; i < timeline.entries.size(); ++i) {
      const TimelineEntry& entry = timeline.entries[i];
      if (i > 0) {
        EXPECT_TRUE(comes_before(timeline.entries[i - 1], entry));
      }
      bool late = false, repeat = false;
      for (const TimelineEntry& other : timeline.entries) {
        late |= other.place.offset < entry.place.offset && other.occurred_at > entry.occurred_at;
        if (other.id != entry.id || other.place == entry.place) continue;
        const bool ours = stands_in(entry.provenance), others = stands_in(other.provenance);
        repeat |= ours == others ? other.place.offset < entry.place.offset : ours;
      }
      EXPECT_EQ(entry.late, late);
      EXPECT_EQ(entry.repeat, repeat);
      EXPECT_EQ(entry.signature, StoredSignature::kValid);

      if (!repeat) above.insert(entry.place.offset);
      const CallFacts prefix = history.facts_of({above.begin(), above.end()});
      EXPECT_EQ(entry.status_after, derive_call(prefix).status) << "entry " << i;
    }
  }
}

}  // namespace
}  // namespace hookledger::testing
