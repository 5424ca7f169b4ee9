// G9: the log and a clock time determine every finding. Live scans are taken while simulated traffic arrives through
// the webhook server, with losses and delays; afterwards the log alone gives every one of them again.
#include <gmock/gmock.h>
#include <set>

#include "projector/projection_view.h"
#include "tests/guarantees/ledger.h"
#include "tests/support/seeded.h"
#include "tools/simulate/plan.h"

namespace hookledger::testing {
namespace {

struct Scan {
  Time at;
  std::vector<std::string> all, open;  ///< Findings as JSON.
};

/// Sorted: they come in the order of their calls, and a call's first event may be heard of later.
std::vector<std::string> findings(const CallStore& store, const RuleSet& rules, const FindingFilter& filter, Time now) {
  std::vector<std::string> texts;
  PageRequest page{.limit = 100, .cursor = {}};
  do {
    const auto part = Queries(store, rules).findings(filter, page, now).value();
    for (const Finding& finding : part.items) {
      JsonWriter json;
      write_json(json, finding);
      texts.emplace_back(json.view());
    }
    page.cursor = part.next;
  } while (!page.cursor.empty());
  std::sort(texts.begin(), texts.end());
  return texts;
}

std::vector<Delivery> plan_deliveries(const TrafficOptions& options) { return make_plan(options).value().deliveries; }

TEST(ReproducibleFindings, AScanAtTShowsWhatALiveScanAtTShowed) {
  auto random = seeded_generator();
  TrafficOptions options;
  options.calls = 40;
  options.seed = random();
  options.start = kStart;
  options.drop = 0.12;
  options.duplicate = 0.1;
  options.delay_max = 8s;
  ScriptShelf shelf(options);
  Ledger ledger;
  std::vector<Scan> live;
  const auto scan = [&](Time at) {
    ledger.clock().set(at);
    ledger.settle();
    live.push_back(
        {.at = at,
         .all = findings(ledger.store(), ledger.rules(), {.status = {}, .rule = {}, .call_id = {}, .at = {}}, at),
         .open = findings(ledger.store(), ledger.rules(), {}, at)});
  };
  auto peer = std::make_unique<Peer>(ledger.address());
  for (const Delivery& delivery : plan_deliveries(options)) {
    ledger.clock().set(delivery.arrives_at);
    const Delivered request = sign(shelf.body(delivery), delivery.arrives_at);
    ASSERT_EQ(peer->status_of(request.request()), 200U);
    if (random_below(random, 12) == 0) scan(delivery.arrives_at);
    if (random_below(random, 200) == 0) {
      peer.reset();
      ledger.crash();
      ledger.start();
      peer = std::make_unique<Peer>(ledger.address());
    }
  }
  peer.reset();
  for (Time at = ledger.clock().wall(); at < kStart + 6h; at += 7min) scan(at);
  ledger.stop();

  std::set<std::string> seen;
  for (int again = 0; again < 2; ++again) {  // From the live store's files, then from the log alone.
    if (again == 1) std::filesystem::remove_all(ledger.data_dir() + "/projection");
    const auto view = open_view(ledger.data_dir(), ledger.rules(), [&] {
                        return open_embedded_log_reader(ledger.log_path());
                      }).value();
    for (const Scan& scan_then : live) {
      const Time later = kStart + 24h;
      ASSERT_EQ(
          findings(*view.store, ledger.rules(), {.status = {}, .rule = {}, .call_id = {}, .at = scan_then.at}, later),
          scan_then.all)
          << format_time(scan_then.at);
      ASSERT_EQ(findings(*view.store, ledger.rules(),
                         {.status = FindingStatus::kOpen, .rule = {}, .call_id = {}, .at = scan_then.at}, later),
                scan_then.open)
          << format_time(scan_then.at);
      for (const std::string& finding : scan_then.all) seen.insert(member_of(finding, "rule"));
    }
  }
  EXPECT_GT(live.size(), 40U);
  EXPECT_GE(seen.size(), 4U) << "the traffic must show something";
  EXPECT_TRUE(seen.contains("missing-event"));
  EXPECT_TRUE(seen.contains("late-event"));
}

}  // namespace
}  // namespace hookledger::testing
