#include "replay/rebuild.h"

#include <iostream>

#include "schemas/json.h"
#include "schemas/text.h"
#include "tools/command.h"
#include "tools/data_access.h"
#include "tools/progress.h"
#include "tools/rule_settings.h"
#include "tools/threads.h"

namespace hookledger {
namespace {

void print_rebuilt(const Rebuilt& rebuilt, bool as_json) {
  if (!as_json) {
    std::cout << "rebuilt from " << rebuilt.records << " records, digest " << rebuilt.digest << '\n';
    return;
  }
  JsonWriter json;
  json.begin_object();
  json.key("records");
  json.number(rebuilt.records);
  json.member("digest", rebuilt.digest);
  json.end_object();
  std::cout << json.view() << '\n';
}

void print_comparison(const RebuildComparison& comparison, bool as_json) {
  if (as_json) {
    JsonWriter json;
    json.begin_object();
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

Result<int> run(const Settings& settings, const CommandContext& context) {
  if (auto checked = expect_positional(settings, 0, ""); !checked) return checked.error();
  if (auto checked = refuse_url(settings); !checked) return checked.error();
  const auto threads = thread_count(settings);
  if (!threads) return threads.error();
  const auto rules = configured_rules(settings);
  Progress progress("rebuilding", "records", settings.flag("quiet"), context.clock);
  const auto show = [&](const FoldProgress& fold) { progress.update(fold.done, fold.total); };
  if (settings.flag("verify")) {
    const auto comparison = rebuild_verify(
        data_dir(settings), *rules, [&] { return open_log(settings); }, *threads, show);
    if (!comparison) return comparison.error();
    print_comparison(*comparison, settings.flag("json"));
    return comparison->equal() ? kExitDone : kExitFindings;
  }
  const auto log = open_log(settings);
  if (!log) return log.error();
  const auto rebuilt = rebuild(data_dir(settings), **log, *rules, *threads, show);
  if (!rebuilt) return rebuilt.error();
  print_rebuilt(*rebuilt, settings.flag("json"));
  return kExitDone;
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
      "  hookledger rebuild\n",
      {{"verify", "", "compare with the live projection and change nothing"},
       expect_recordings_option(),
       threads_option()},
      run};
}

}  // namespace hookledger
