#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "projector/folding.h"
#include "projector/queries.h"
#include "projector/rules/match.h"
#include "tests/bench/bench.h"
#include "tests/bench/rule_pack.h"
#include "tests/bench/timing.h"

namespace hookledger::bench {
namespace {

using namespace std::chrono_literals;

constexpr double kGoal = 1.5;
constexpr std::size_t kDue = 1'000, kFew = 10'000, kMany = 1'000'000;
constexpr std::ptrdiff_t kLooksMin = 48;  ///< Rules that look at each call.
constexpr std::size_t kPage = 500;
constexpr std::size_t kWriteCalls = 10'000;
constexpr int kScans = 21;
constexpr const char *kInitiated = "call.initiated", *kAnswered = "call.answered";
constexpr Time kNow = std::chrono::sys_days(std::chrono::January / 1 / 2026);

/// An answered call that goes on. It is due when it began longer ago than any call may last.
CallFacts open_call(std::size_t index, bool due) {
  const Time began = kNow - (due ? 6h : 1h) + std::chrono::microseconds(index);
  const std::string number = std::to_string(index), id = "call-" + number, leg = "leg-" + number;
  CallFacts facts(id, 0);
  std::uint64_t offset = 2 * index;
  const auto add = [&](const std::string& type, Effect effect, Time at) {
    const std::string event = type + number;
    RecordView record;
    record.id = event;
    record.source = "telnyx";
    record.type = type;
    record.leg_id = leg;
    record.key = id;
    record.occurred_at = record.received_at = at;
    record.in_call = record.timed = true;
    EventDetail detail;
    detail.effect = effect;
    detail.control_id = "control-" + number;
    detail.direction = "incoming";
    detail.from = "+1555" + number;
    detail.to = "+15550000000";
    facts.add(record, detail, offset++);
  };
  add(kInitiated, Effect::kInitiated, began);
  add(kAnswered, Effect::kAnswered, began + 5s);
  return facts;
}

std::unique_ptr<CallStore> make_store(const std::string& folder, const RuleSet& rules, std::size_t open) {
  std::filesystem::remove_all(folder);
  auto store = CallStore::make(open_key_value(folder).value(), make_shape(1, rules)).value();
  Writes writes;
  const std::size_t due_every = open / kDue;
  for (std::size_t i = 0; i < open; ++i) {
    const CallFacts facts = open_call(i, i % due_every == 0);
    writes.put(state_key::call(facts.call_id()), facts.encode());
    KeyList keys;
    index_entries(facts, rules, keys);
    for (const std::string_view key : keys.sorted()) writes.put(key, {});
    if (i % kWriteCalls + 1 < kWriteCalls && i + 1 < open) continue;
    store->bytes().write(writes).value();
    writes.clear();
  }
  store->flush().value();
  return store;
}

std::size_t scan(const CallStore& store, const RuleSet& rules) {
  const Queries queries(store, rules);
  std::size_t found = 0;
  PageRequest page{.limit = kPage, .cursor = {}};
  do {
    const auto findings = queries.findings({}, page, kNow).value();
    found += findings.items.size();
    page.cursor = findings.next;
  } while (!page.cursor.empty());
  return found;
}

/// Does the rule look at a call that was initiated and answered?
bool looks_at_open_call(const rules::RuleSpec& rule) {
  if (!rule.enabled || rule.kind == rules::Kind::kRate) return false;
  if (rule.scope != rules::Scope::kCall && rule.scope != rules::Scope::kLeg) return false;
  const rules::Pattern& begins = rule.pairs.empty() ? rule.event : rule.pairs.front().when;
  return begins.what != rules::Pattern::kEvent || is_of_type(begins, kInitiated) || is_of_type(begins, kAnswered);
}

/// A store to scan, and how long each scan of it took: milliseconds of CPU.
struct Scanned {
  std::unique_ptr<CallStore> store;
  std::vector<double> times{};
};

}  // namespace

void measure_scan(Bench& bench) {
  std::vector<rules::RuleSpec> specs = rule_pack();
  const auto looks = std::ranges::count_if(specs, looks_at_open_call);
  if (looks < kLooksMin) throw std::runtime_error("only " + std::to_string(looks) + " rules look at each call");
  const RuleSet rules(std::move(specs));
  say("scan: %zu due among %zu and among %zu open calls", kDue, kFew, kMany);
  Scanned few{make_store(bench.folder + "/scan-few", rules, kFew)};
  Scanned many{make_store(bench.folder + "/scan-many", rules, kMany)};
  for (int i = 0; i <= kScans; ++i) {  // In turn, so that both find the machine alike; the first warms up.
    for (Scanned* each : {&few, &many}) {
      const double before = cpu_seconds_of_thread();
      const std::size_t found = scan(*each->store, rules);
      if (i > 0) each->times.push_back(1e3 * (cpu_seconds_of_thread() - before));
      if (found != kDue) throw std::runtime_error("a scan found " + std::to_string(found));
    }
  }
  const double few_time = percentile(few.times, 50), many_time = percentile(many.times, 50);
  bench.rows.push_back(compared(
      text("scan, 1,000 due among 1 M open, %zu rules, %td look at each call", kPackRules, looks),
      text("%.1f ms of CPU", many_time), text("%.1f ms among 10 k", few_time), many_time / few_time, kGoal, false));
}

}  // namespace hookledger::bench
