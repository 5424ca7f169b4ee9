#include <filesystem>
#include <iostream>

#include "ingest/log/embedded_log.h"
#include "projector/projection_folder.h"
#include "replay/transfer.h"
#include "schemas/json.h"
#include "tools/command.h"
#include "tools/data_access.h"
#include "tools/log_settings.h"
#include "tools/progress.h"
#include "tools/rule_settings.h"
#include "tools/source_settings.h"
#include "tools/threads.h"

namespace hookledger {
namespace {

void print(const ImportDone& done, bool as_json) {
  if (!as_json) {
    std::cout << done.appended << " records appended, " << done.duplicates << " were there already; " << done.verified
              << " kept their provenance, " << done.imported << " became imported\n";
    return;
  }
  JsonWriter json;
  json.begin_object();
  for (const auto& [name, count] : {std::pair("appended", done.appended), std::pair("duplicates", done.duplicates),
                                    std::pair("verified", done.verified), std::pair("imported", done.imported)}) {
    json.key(name);
    json.number(count);
  }
  json.end_object();
  std::cout << json.view() << '\n';
}

/// So that the commands that follow find the calls folded.
Result<void> project(const Settings& settings, const CommandContext& context, const RuleSet& rules,
                     const LogReader& log) {
  auto folder = ProjectionFolder::own(data_dir(settings));
  if (!folder) return folder.error();
  auto live = (*folder)->open_live(log, rules);
  if (!live) return live.error();
  Progress progress("folding", "records", settings.flag("quiet"), context.clock);
  const auto threads = thread_count({});
  auto folded = catch_up(*live->store, log, rules, threads.value(),
                         [&](const FoldProgress& at) { progress.update(at.done, at.total); });
  if (!folded) return folded.error();
  return live->store->flush();
}

Result<int> run(const Settings& settings, const CommandContext& context) {
  if (auto checked = expect_positional(settings, 0, ""); !checked) return checked.error();
  if (auto checked = refuse_url(settings); !checked) return checked.error();
  const auto sources = configured_sources(settings);
  if (!sources) return sources.error();
  const auto rules = configured_rules(settings);
  if (!rules) return rules.error();
  const auto options = log_options(settings);
  if (!options) return options.error();
  Logger logger({.json = false, .level = Logger::Level::kError});
  Metrics metrics;
  std::error_code error;
  std::filesystem::create_directories(options->store.path, error);
  auto log = open_embedded_log(*options, context.clock, logger, metrics);
  if (!log) return log.error();

  Result<ImportDone> done = ImportDone{};
  {
    Progress progress("importing", "lines", settings.flag("quiet"), context.clock);
    done = import_records(std::cin, **log, sources->get(), context.clock,
                          [&](const ImportDone& at) { progress.update(at.lines, at.lines); });
  }
  (*log)->stop();
  if (auto projected = project(settings, context, **rules, **log); !projected && done) return projected.error();
  if (!done) return done.error();
  print(*done, settings.flag("json"));
  return kExitDone;
}

}  // namespace

Command import_command() {
  std::vector<OptionSpec> options = source_options();
  for (const OptionSpec& option : log_settings_options()) options.push_back(option);
  options = with_rule_options(std::move(options));
  return {"import",
          "",
          "Records from JSON lines on stdin, as export and simulate --out write them",
          "A line whose signature verifies with a configured key keeps its provenance and evidence; any other becomes\n"
          "imported. What is there already is not appended again. The data dir must have no server running.\n\n"
          "  hookledger import --data-dir copy --telnyx-public-key KEY < events.jsonl\n",
          options,
          run};
}

}  // namespace hookledger
