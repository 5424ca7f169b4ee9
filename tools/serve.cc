#include "tools/alert_settings.h"
#include "tools/command.h"
#include "tools/kafka_settings.h"
#include "tools/listener_settings.h"
#include "tools/log_settings.h"
#include "tools/recovery_settings.h"
#include "tools/rule_settings.h"
#include "tools/server.h"
#include "tools/server_log.h"
#include "tools/source_settings.h"
#include "tools/subscription_settings.h"
#include "tools/threads.h"

namespace hookledger {
namespace {

std::vector<OptionSpec> server_options() {
  std::vector<OptionSpec> options = listener_options();
  for (const auto& more : {source_options(), log_settings_options(), kafka_options()})
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
  const auto recovery = recovery_options();
  options.insert(options.end(), recovery.begin(), recovery.end());
  return with_rule_options(std::move(options));
}

std::vector<OptionSpec> sink_options() {
  std::vector<OptionSpec> options = server_options();
  const auto spool = spool_options();
  options.insert(options.end(), spool.begin(), spool.end());
  return options;
}

Result<int> serve(const Settings& settings, const CommandContext& context) {
  return run_server(settings, context, ServerRole::kEverything);
}

Result<int> sink(const Settings& settings, const CommandContext& context) {
  return run_server(settings, context, ServerRole::kSink);
}

}  // namespace

Command serve_command() {
  return {"serve",
          "",
          "Everything in one process on the embedded log: sink, projector, detector, API",
          "Prints 'listening webhooks=ADDR:PORT api=ADDR:PORT' when it serves. SIGTERM finishes what was read and "
          "exits 0;\n"
          "SIGHUP reads keys, certificate, rules, alerts and subscriptions again.\n\n"
          "  hookledger serve --telnyx-public-key \"$(cat demo.pub)\"\n"
          "  hookledger serve --config hookledger.ini\n\n"
          "In the config file, beside the options below, one section for each source, alert and subscription:\n\n"
          "  data-dir = /var/lib/hookledger\n"
          "  [source.telnyx]\n"
          "  kind = telnyx\n"
          "  public-key = <base64 from the provider's portal; may repeat>\n"
          "  path = /webhooks/telnyx\n"
          "  tolerance = 300\n"
          "  api-key-file = telnyx.key  to fetch what was lost; without it nothing is\n"
          "  api-connection = <id of a connection, to compare its active calls; may repeat>\n"
          "  recovery-interval = 5m     how often the provider is asked what it could not deliver\n"
          "  [source.twilio]\n"
          "  kind = twilio\n"
          "  secret-file = token        the account's auth token; may repeat\n"
          "  public-url = https://hooks.example.org    what Twilio calls, without the path\n"
          "  [source.app]               what your application and devices say\n"
          "  kind = standard            signed as Standard Webhooks says\n"
          "  secret-file = app.secret   may repeat; public-key = whpk_... too\n" +
              std::string(kAlertHelp) + "\n" + kSubscriptionHelp,
          serve_options(),
          serve};
}

Command sink_command() {
  return {"sink",
          "",
          "The webhook sink alone, appending to Kafka",
          "Verifies, deduplicates and appends; serves /healthz, /readyz and /metrics on the API address, and no calls. "
          "As many\n"
          "sinks as you like share a topic, each with a data dir of its own: there it keeps the ids of the dedup "
          "window and,\n"
          "while the brokers are away, the spool. /readyz says when it knows the ids of all sinks.\n\n"
          "  hookledger topics --create --kafka-brokers BROKERS\n"
          "  hookledger sink --kafka-brokers BROKERS --telnyx-public-key KEY --data-dir sink-1\n"
          "  hookledger sink … --kafka security.protocol=SASL_SSL --kafka sasl.password=@FILE\n\n"
          "Without --kafka-brokers it appends to the embedded log of the data dir, as serve does.\n",
          sink_options(),
          sink};
}

}  // namespace hookledger
