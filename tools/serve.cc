#include "tools/command.h"
#include "tools/listener_settings.h"
#include "tools/log_settings.h"
#include "tools/rule_settings.h"
#include "tools/server.h"
#include "tools/source_settings.h"
#include "tools/threads.h"

namespace hookledger {
namespace {

std::vector<OptionSpec> server_options() {
  std::vector<OptionSpec> options = listener_options();
  for (const auto& more : {source_options(), log_settings_options()})
    options.insert(options.end(), more.begin(), more.end());
  options.insert(
      options.end(),
      {{"retention", "DURATION",
        "remove calls whose newest record is older; default: keep all.\nNot in a sink, which knows no calls"},
       {"retention-bytes", "SIZE",
        "remove the oldest calls while the log is larger; default: keep\nall. Not in a sink"},
       {"log-format", "FORMAT", "text (default) or json, on stderr"},
       threads_option()});
  return options;
}

std::vector<OptionSpec> serve_options() {
  std::vector<OptionSpec> options = server_options();
  options.push_back(expect_recordings_option());
  return options;
}

Result<int> serve(const Settings& settings, const CommandContext& context) {
  return run_server(settings, context, ServerRole::kEverything);
}

Result<int> sink(const Settings& settings, const CommandContext& context) {
  return run_server(settings, context, ServerRole::kSink);
}

Result<int> project(const Settings&, const CommandContext&) {
  return usage_error("project reads a log on Kafka, which this version does not have: serve projects the embedded log");
}

}  // namespace

Command serve_command() {
  return {"serve",
          "",
          "Everything in one process on the embedded log: sink, projector, detector, API",
          "Prints 'listening webhooks=ADDR:PORT api=ADDR:PORT' when it serves. SIGTERM finishes what was read and "
          "exits 0;\n"
          "SIGHUP reads keys and certificate again.\n\n"
          "  hookledger serve --telnyx-public-key \"$(cat demo.pub)\"\n"
          "  hookledger serve --config hookledger.ini\n\n"
          "In the config file, beside the options below, one section for each source:\n\n"
          "  data-dir = /var/lib/hookledger\n"
          "  [source.telnyx]\n"
          "  kind = telnyx\n"
          "  public-key = <base64 from the provider's portal; may repeat>\n"
          "  path = /webhooks/telnyx\n"
          "  tolerance = 300\n",
          serve_options(),
          serve};
}

Command sink_command() {
  return {
      "sink",
      "",
      "The webhook sink alone",
      "Verifies, deduplicates and appends; serves /healthz, /readyz and /metrics on the API address, and no calls. In\n"
      "this version it appends to the embedded log, as serve does; Kafka is not part of it yet.\n",
      server_options(),
      sink};
}

Command project_command() {
  return {"project",
          "",
          "Projector, detector and API alone, from Kafka",
          "Kafka is not part of this version: use serve, which projects the embedded log itself.\n",
          {},
          project};
}

}  // namespace hookledger
