#include <iostream>

#include "replay/transfer.h"
#include "tools/command.h"
#include "tools/data_access.h"
#include "tools/kafka_settings.h"
#include "tools/progress.h"

namespace hookledger {
namespace {

Result<int> run(const Settings& settings, const CommandContext& context) {
  if (auto checked = expect_positional(settings, 0, ""); !checked) return checked.error();
  if (auto checked = refuse_url(settings); !checked) return checked.error();
  const auto log = open_log(settings);
  if (!log) return log.error();
  Progress progress("exporting", "records", settings.flag("quiet"), context.clock);
  const auto done =
      export_records(**log, std::cout, [&](const FoldProgress& at) { progress.update(at.done, at.total); });
  if (!done) return done.error();
  return kExitDone;
}

}  // namespace

Command export_command() {
  return {"export",
          "",
          "Records as JSON lines (CloudEvents)",
          "One CloudEvent a line on stdout, in order of (partition, offset), with all evidence; the body in "
          "data_base64.\n\n"
          "  hookledger export > events.jsonl\n"
          "  hookledger export | hookledger import --data-dir other --telnyx-public-key KEY\n"
          "  hookledger export --kafka-brokers BROKERS > events.jsonl\n",
          kafka_options(),
          run};
}

}  // namespace hookledger
