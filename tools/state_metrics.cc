#include "tools/state_metrics.h"

#include <algorithm>
#include <map>

namespace hookledger {
namespace {

constexpr std::size_t kFindingsMax = 10'000;

}  // namespace

void count_findings(const std::vector<const Queries*>& states, const RuleSet& rules, Time now, Metrics& metrics) {
  std::map<std::pair<std::string, Severity>, double> open;
  for (const RuleInfo& rule : rules.rules()) open[{rule.name, rule.severity}] = 0;
  for (const Queries* queries : states) {
    const auto findings =
        queries->findings({}, PageRequest{std::max<std::size_t>(1, kFindingsMax / states.size()), {}}, now);
    if (!findings) return;
    for (const Finding& finding : findings->items) ++open[{finding.rule, finding.severity}];
  }
  for (const auto& [of, count] : open) {
    metrics
        .gauge("hookledger_findings_open", "Open findings by rule and severity, of the newest 10,000.",
               {{"rule", of.first}, {"severity", std::string(to_string(of.second))}})
        .set(count);
  }
}

void show_lag(const FoldProgress& progress, Metrics& metrics) {
  metrics.gauge("hookledger_projection_lag_records", "Durable records that are not yet in the state.")
      .set(static_cast<double>(progress.total - std::min(progress.done, progress.total)));
}

}  // namespace hookledger
