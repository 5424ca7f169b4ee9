#include "replay/rebuild.h"

#include <iostream>
#include <numeric>

#include "replay/rebuild_partitions.h"
#include "schemas/json.h"
#include "schemas/text.h"
#include "tools/command.h"
#include "tools/data_access.h"
#include "tools/kafka_settings.h"
#include "tools/progress.h"
#include "tools/rule_settings.h"
#include "tools/threads.h"

namespace hookledger {
namespace {

/// Of the whole log, or of one partition.
using Part = std::optional<std::uint32_t>;

void begin(JsonWriter& json, const Part& part) {
  json.begin_object();
  if (!part) return;
  json.key("partition");
  json.number(std::uint64_t{*part});
}

void print_rebuilt(const Rebuilt& rebuilt, const Part& part, bool as_json) {
  if (!as_json) {
    if (part) std::cout << "partition " << *part << ": ";
    std::cout << "rebuilt from " << rebuilt.records << " records, digest " << rebuilt.digest << '\n';
    return;
  }
  JsonWriter json;
  begin(json, part);
  json.key("records");
  json.number(rebuilt.records);
  json.member("digest", rebuilt.digest);
  json.end_object();
  std::cout << json.view() << '\n';
}

void print_comparison(const RebuildComparison& comparison, const Part& part, bool as_json) {
  if (as_json) {
    JsonWriter json;
    begin(json, part);
    json.key("equal");
    json.boolean(comparison.equal());
    json.key("records");
    json.number(comparison.records);
    json.member("live_digest", comparison.live_digest);
    json.member("live_unreadable", comparison.unreadable);
    json.member("fresh_digest", comparison.fresh_digest);
    json.key("differing_calls");
    json.number(comparison.differing_calls);
    json.key("differing_entries");
    json.number(comparison.differing_entries);
    json.key("call_ids");
    json.begin_array();
    for (const auto& id : comparison.call_ids) json.string(id);
    json.end_array();
    json.end_object();
    std::cout << json.view() << '\n';
    return;
  }
  if (part) std::cout << "partition " << *part << ": ";
  std::cout << "folded " << comparison.records << " records anew\n";
  if (!comparison.unreadable.empty()) {
    std::cout << "live projection cannot be read: " << printable(comparison.unreadable) << '\n'
              << "DIFFERENT: run hookledger rebuild with the server stopped\n";
    return;
  }
  std::cout << "live  " << comparison.live_digest << (comparison.had_live ? "" : "  (there was no projection yet)")
            << '\n'
            << "fresh " << comparison.fresh_digest << '\n';
  if (comparison.equal()) {
    std::cout << "equal\n";
    return;
  }
  std::cout << "DIFFERENT: " << comparison.differing_calls << " calls, " << comparison.differing_entries
            << " index entries; run hookledger rebuild with the server stopped\n";
  for (const auto& id : comparison.call_ids) std::cout << "  call " << printable(id) << '\n';
}

/// One state a partition, as `project` keeps them.
Result<int> run_on_kafka(const Settings& settings, const RuleSet& rules, unsigned threads,
                         const std::function<void(const FoldProgress&)>& show) {
  const std::string folder = data_dir(settings);
  const auto log = open_log(settings);
  if (!log) return log.error();
  std::vector<std::uint32_t> partitions = stored_partitions(folder);
  if (settings.flag("verify")) {
    if (partitions.empty()) {
      return Error{ErrorCode::kNotFound, "no states in " + folder + ": give the --data-dir of a hookledger project"};
    }
    const auto compared = verify_partitions(folder, **log, rules, partitions, threads, show);
    if (!compared) return compared.error();
    bool equal = true;
    for (const auto& [partition, comparison] : *compared) {
      print_comparison(comparison, partition, settings.flag("json"));
      equal = equal && comparison.equal();
    }
    return equal ? kExitDone : kExitFindings;
  }
  if (partitions.empty()) {
    partitions.resize((*log)->partitions());
    std::iota(partitions.begin(), partitions.end(), 0U);
  }
  const auto rebuilt = rebuild_partitions(folder, **log, rules, partitions, threads, show);
  if (!rebuilt) return rebuilt.error();
  for (const auto& [partition, one] : *rebuilt) print_rebuilt(one, partition, settings.flag("json"));
  return kExitDone;
}

Result<int> run(const Settings& settings, const CommandContext& context) {
  if (auto checked = expect_positional(settings, 0, ""); !checked) return checked.error();
  if (auto checked = refuse_url(settings); !checked) return checked.error();
  const auto threads = thread_count(settings);
  if (!threads) return threads.error();
  const auto configured = configured_rules(settings);
  if (!configured) return configured.error();
  const RuleSet& rules = **configured;
  Progress progress("rebuilding", "records", settings.flag("quiet"), context.clock);
  const auto show = [&](const FoldProgress& fold) { progress.update(fold.done, fold.total); };
  if (on_kafka(settings)) return run_on_kafka(settings, rules, *threads, show);
  if (settings.flag("verify")) {
    const auto comparison = rebuild_verify(
        data_dir(settings), rules, [&] { return open_log(settings); }, *threads, show);
    if (!comparison) return comparison.error();
    print_comparison(*comparison, {}, settings.flag("json"));
    return comparison->equal() ? kExitDone : kExitFindings;
  }
  const auto log = open_log(settings);
  if (!log) return log.error();
  const auto rebuilt = rebuild(data_dir(settings), **log, rules, *threads, show);
  if (!rebuilt) return rebuilt.error();
  print_rebuilt(*rebuilt, {}, settings.flag("json"));
  return kExitDone;
}

std::vector<OptionSpec> rebuild_options() {
  std::vector<OptionSpec> options = {{"verify", "", "compare with the live projection and change nothing"},
                                     threads_option()};
  for (const OptionSpec& option : kafka_options()) options.push_back(option);
  return with_rule_options(std::move(options));
}

}  // namespace

Command rebuild_command() {
  return {
      "rebuild",
      "",
      "A new projection from the log, swapped in at once",
      "The log is the only source of truth: everything else can be made again from it. Stop the server first; with\n"
      "--verify it may run on. Exits 3 when --verify finds a difference.\n\n"
      "  hookledger rebuild --verify     compare the live projection with a fresh one, change nothing\n"
      "  hookledger rebuild\n"
      "  hookledger rebuild --kafka-brokers BROKERS --data-dir DIR-OF-A-PROJECTOR\n\n"
      "From Kafka there is one projection a partition: those that the data dir has, or all when it has none.\n",
      rebuild_options(),
      run};
}

}  // namespace hookledger
