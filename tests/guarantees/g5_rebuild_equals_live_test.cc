// G5: rebuilding from the log gives the byte-identical projection; with late repeats, restarts, crashes and retention.
#include <gmock/gmock.h>

#include "projector/retention.h"
#include "replay/rebuild.h"
#include "tests/guarantees/ledger.h"
#include "tests/support/seeded.h"
#include "tools/simulate/plan.h"

namespace hookledger::testing {
namespace {

class RebuildEqualsLive : public ::testing::Test {
 protected:
  void deliver(std::vector<SignedEvent> events) {
    AppendWindow window(ledger_.log());
    for (const SignedEvent& event : events) {
      const std::string signature = event.signature(), signed_at = event.signed_at(), key = event.key();
      const Evidence evidence{"telnyx", event.content_type, signature,       signed_at,
                              key,      event.received_at,  event.provenance};
      window.add(take_in(*reader_, evidence, event.body, ledger_.log().partitions()).append).value();
    }
    window.finish().value();
  }

  /// The projection as it stands beside the running server, and a fresh fold.
  void expect_equal(const std::string& when) {
    ledger_.settle();
    ASSERT_TRUE(ledger_.store().flush());
    const auto compared = rebuild_verify(
        ledger_.data_dir(), ledger_.rules(), [&] { return open_embedded_log_reader(ledger_.log_path()); }, 1);
    ASSERT_TRUE(compared) << when << ": " << compared.error().detail;
    EXPECT_TRUE(compared->equal()) << when << ": " << compared->differing_calls << " calls, "
                                   << compared->differing_entries << " entries";
    EXPECT_EQ(compared->live_digest, compared->fresh_digest) << when;
    EXPECT_EQ(compared->live_digest, ledger_.store().digest().value()) << when;
  }

  Ledger ledger_;
  std::unique_ptr<EventReader> reader_ = make_telnyx_reader();
};

TEST_F(RebuildEqualsLive, WithLateRepeatsRestartsAndRetention) {
  auto random = seeded_generator();
  TrafficOptions options;
  options.calls = 120;
  options.start = kStart;
  options.drop = 0.05;
  options.duplicate = 0.2;
  options.delay_max = 90s;
  const Plan plan = make_plan(options).value();
  ScriptShelf shelf(plan.options);
  std::vector<SignedEvent> events;
  for (const Delivery& delivery : plan.deliveries)
    events.push_back({.body = shelf.body(delivery), .received_at = delivery.arrives_at});
  events.push_back({.body = "signed, not understood", .received_at = kStart + 1h});
  const Time end = events[events.size() - 2].received_at;

  const std::size_t pieces = 6;
  for (std::size_t piece = 0; piece < pieces; ++piece) {
    const auto begin = events.begin() + static_cast<std::ptrdiff_t>(events.size() * piece / pieces);
    const auto stop = events.begin() + static_cast<std::ptrdiff_t>(events.size() * (piece + 1) / pieces);
    deliver({begin, stop});
    switch (random_below(random, 3)) {
      case 0: break;
      case 1: ledger_.stop(), ledger_.start(); break;
      default: ledger_.crash(), ledger_.start(); break;
    }
    expect_equal("piece " + std::to_string(piece));
  }

  ledger_.clock().set(end + 80h);  // Beyond the window of deduplication: the same events are appended again.
  std::vector<SignedEvent> late(events.begin(), events.begin() + static_cast<std::ptrdiff_t>(events.size() / 3));
  for (SignedEvent& event : late) event.received_at = end + 80h;
  deliver(late);
  expect_equal("after late repeats");

  ledger_.settle();
  const auto removed = apply_retention({.age = 79h, .bytes = {}}, ledger_.store(), ledger_.log(), ledger_.rules(),
                                       ledger_.clock().wall(), [] { return true; });
  ASSERT_TRUE(removed);
  EXPECT_GT(removed->calls, 10U);
  expect_equal("after retention");
  ledger_.crash();
  ledger_.start();
  expect_equal("after retention and a crash");
  const std::string live = ledger_.store().digest().value();
  ledger_.stop();
  const auto log = open_embedded_log_reader(ledger_.log_path()).value();
  const auto rebuilt = rebuild(ledger_.data_dir(), *log, ledger_.rules(), 2);
  ASSERT_TRUE(rebuilt) << rebuilt.error().detail;
  EXPECT_EQ(rebuilt->digest, live);
  ledger_.start();
  EXPECT_EQ(ledger_.store().digest().value(), live);
}

}  // namespace
}  // namespace hookledger::testing
