#include <filesystem>
#include <iostream>

#include "ingest/http/client.h"
#include "ingest/log/embedded_log.h"
#include "projector/folding.h"
#include "projector/projection_folder.h"
#include "projector/router.h"
#include "replay/answers.h"
#include "replay/recovery/recovery_by_hand.h"
#include "schemas/form.h"
#include "schemas/json.h"
#include "schemas/text.h"
#include "tools/command.h"
#include "tools/data_access.h"
#include "tools/log_settings.h"
#include "tools/progress.h"
#include "tools/recoveries.h"
#include "tools/rule_settings.h"
#include "tools/threads.h"

namespace hookledger {
namespace {

constexpr std::chrono::seconds kServerTimeout(600);
constexpr std::size_t kBodyBytesMax = std::size_t{64} * 1024 * 1024;  ///< The most that serve can be told to take.

using TakeStep = std::function<Result<RecoveryStep>(const RecoveryRequest&)>;

/// What nobody else changes: it is folded on when it is asked.
class OwnState : public State {
 public:
  OwnState(CallStore& store, const LogReader& log, const RuleSet& rules)
      : store_(store), log_(log), rules_(rules), queries_(store, rules) {
    for (std::uint32_t partition = 0; partition < log.partitions(); ++partition) partitions_.push_back(partition);
  }

  const std::vector<std::uint32_t>& partitions() const override { return partitions_; }
  const Queries& queries() const override { return queries_; }
  bool settle(std::optional<std::uint32_t>, std::chrono::milliseconds) override {
    return catch_up(store_, log_, rules_, 1, {}).has_value();
  }

 private:
  CallStore& store_;
  const LogReader& log_;
  const RuleSet& rules_;
  const Queries queries_;
  std::vector<std::uint32_t> partitions_;
};

std::string legs_text(std::uint64_t count, std::string_view what) {
  if (count == 0) return {};
  return ", " + std::to_string(count) + (count == 1 ? " leg " : " legs ") + std::string(what);
}

std::string unreadable_text(std::uint64_t events) {
  if (events == 0) return {};
  return ", " + std::to_string(events) + (events == 1 ? " event" : " events") + " told in a shape that cannot be read";
}

std::string describe(const CallRecovery& call, bool dry_run) {
  std::string text = call.call_id.empty() ? "events of no call" : "call " + printable(call.call_id);
  text += ": " + std::to_string(call.lost) + " lost";
  if (!dry_run) text += ", " + std::to_string(call.recovered) + " recovered";
  text += ", " + std::to_string(call.known) + " already there";
  text += legs_text(call.closed, dry_run ? "would be closed" : "closed: the provider says that it has ended");
  text += legs_text(call.alive, "still alive");
  text += legs_text(call.unknown, "still unknown");
  return text + unreadable_text(call.unreadable);
}

std::string describe_total(const CallRecovery& total, bool dry_run) {
  std::string text = std::to_string(total.lost) + (total.lost == 1 ? " event lost" : " events lost");
  if (!dry_run) text += ", " + std::to_string(total.recovered) + " recovered";
  text += legs_text(total.closed, dry_run ? "would be closed" : "closed") + legs_text(total.unknown, "still unknown") +
          unreadable_text(total.unreadable);
  return text + (dry_run ? ", nothing changed: --dry-run" : "");
}

/// Takes step after step, and says what each has found.
Result<int> recover(const Settings& settings, const CommandContext& context, RecoveryRequest request,
                    const TakeStep& take) {
  const bool as_json = settings.flag("json");
  CallRecovery total;
  std::uint64_t calls = 0;
  {
    Progress progress("asking the provider", "pages", settings.flag("quiet"), context.clock);
    do {
      const auto step = take(request);
      if (!step) return step.error();
      for (const CallRecovery& call : step->calls) {
        if (!as_json && call.complete()) continue;
        JsonWriter json;
        if (as_json) write_json(json, call);
        std::cout << (as_json ? std::string(json.view()) : describe(call, request.dry_run)) << '\n';
        ++calls;
        total.lost += call.lost;
        total.recovered += call.recovered;
        total.closed += call.closed;
        total.unknown += call.unknown;
        total.unreadable += call.unreadable;
      }
      progress.update(step->page, step->pages);
      request.cursor = step->next;
    } while (!request.cursor.empty());
  }
  if (as_json) return kExitDone;
  std::cout << (calls == 0 ? "nothing was lost that the provider knows of" : describe_total(total, request.dry_run))
            << '\n';
  return kExitDone;
}

Result<RecoveryStep> ask_server_at(const std::string& url, const RecoveryRequest& request) {
  std::string target = "/v1/recoveries?dry_run=" + std::string(request.dry_run ? "true" : "false");
  if (!request.call_id.empty()) target += "&call=" + percent_encode(request.call_id);
  if (request.since) target += "&since=" + percent_encode(format_time(*request.since));
  if (!request.cursor.empty()) target += "&cursor=" + percent_encode(request.cursor);
  const auto answer = http::send("POST", url, target, kServerTimeout, {{kCommandHeader, "recover"}});
  if (!answer) return answer.error();
  if (answer->status == 200) return parse_recovery_step(answer->body);
  const std::string detail = "the server says: " + problem_text(answer->body, answer->status);
  if (answer->status == 404) return Error{ErrorCode::kNotFound, detail};
  return Error{answer->status == 400 ? ErrorCode::kUsage : ErrorCode::kUnavailable, detail};
}

/// Its own data dir, which no server has.
Result<int> recover_here(const Settings& settings, const CommandContext& context, const RecoveryRequest& request,
                         const std::vector<RecoverySettings>& recoveries, const RuleSet& rules, EventLog& log,
                         Logger& logger, Metrics& metrics) {
  auto folder = ProjectionFolder::own(data_dir(settings));
  if (!folder) return folder.error();
  auto live = (*folder)->open_live(log, rules);
  if (!live) return live.error();
  CallStore& store = *live->store;
  {
    Progress progress("folding", "records", settings.flag("quiet"), context.clock);
    auto folded = catch_up(store, log, rules, thread_count({}).value(),
                           [&](const FoldProgress& at) { progress.update(at.done, at.total); });
    if (!folded) return folded.error();
  }
  const auto state = std::make_shared<OwnState>(store, log, rules);
  const Recoveries all(recoveries, {.log = log,
                                    .append = appends_to(log),
                                    .states = [&] { return StatesHere{{state}}; },
                                    .clock = context.clock,
                                    .logger = logger,
                                    .metrics = metrics,
                                    .body_bytes_max = kBodyBytesMax,
                                    .patience_by_hand = std::chrono::minutes(2)});
  auto done = recover(settings, context, request, [&](const RecoveryRequest& step) {
    return recover_by_hand(all.by_hand(), step, context.clock.wall(), all.stop_token());
  });
  log.stop();
  auto folded = catch_up(store, log, rules, 1, {});
  if (folded) folded = store.flush();
  if (done && !folded) return folded.error();
  return done;
}

Result<RecoveryRequest> read_request(const Settings& settings, Time now) {
  RecoveryRequest request;
  request.call_id = settings.text("call");
  request.dry_run = settings.flag("dry-run");
  const auto since = settings.instant("since", now);
  if (!since) return since.error();
  if (*since && **since > now) return usage_error("--since is in the future: nothing was lost then yet");
  request.since = *since;
  if (request.call_id.empty() == !request.since) return usage_error("give --call ID or --since T, and not both");
  return request;
}

Result<int> run(const Settings& settings, const CommandContext& context) {
  if (auto checked = expect_positional(settings, 0, ""); !checked) return checked.error();
  const auto request = read_request(settings, context.clock.wall());
  if (!request) return request.error();
  const auto at_server = [&](const std::string& url) {
    return recover(settings, context, *request, [&](const RecoveryRequest& step) { return ask_server_at(url, step); });
  };
  if (asks_server(settings)) return at_server(settings.text("url"));
  const std::string folder = log_folder(data_dir(settings));
  std::error_code failed;
  if (!std::filesystem::is_directory(folder, failed)) {
    return Error{ErrorCode::kNotFound,
                 "no data dir at " + data_dir(settings) + ": check --data-dir, or start hookledger serve there"};
  }
  const auto rules = configured_rules(settings);
  if (!rules) return rules.error();
  const auto options = log_options(settings);
  if (!options) return options.error();
  Logger logger({.json = false, .level = Logger::Level::kError});
  Metrics metrics;
  const auto recoveries = configured_recoveries(settings);
  if (!recoveries) return recoveries.error();
  auto log = open_embedded_log(*options, context.clock, logger, metrics);
  if (!log && log.error().code == ErrorCode::kInUse) {
    const auto url = server_of_data_dir(settings);
    return url ? at_server(*url) : url.error();
  }
  if (!log) return log.error();
  if (recoveries->empty()) {
    return usage_error(
        "no API key: give --telnyx-api-key-file, HOOKLEDGER_TELNYX_API_KEY, or api-key-file of a source");
  }
  return recover_here(settings, context, *request, *recoveries, **rules, **log, logger, metrics);
}

}  // namespace

Command recover_command() {
  std::vector<OptionSpec> options = {
      {"call", "ID", "what happened on this call, and are its open legs alive"},
      {"since", "T", "what the provider could not deliver since T: RFC 3339, or -1h"},
      {"dry-run", "", "say what is lost, and append nothing"},
      {"api-listen", "ADDR:PORT", "the API of the running server; default 127.0.0.1:8081"}};
  for (const auto& more : {recovery_options(), log_settings_options()}) {
    options.insert(options.end(), more.begin(), more.end());
  }
  return {"recover",
          "",
          "Fetch from the provider what was lost",
          "serve and project do it by themselves when a source has an API key; this is for doing it now. What comes\n"
          "back is marked as recovered, and gives way to a signed delivery that comes after all. A leg that the\n"
          "provider proves to be dead while no event says so is closed by a synthetic record; one that it cannot tell\n"
          "of stays open. Beside a running server the server is asked, at --url or --api-listen.\n\n"
          "  hookledger recover --call 2dc1b3c8-f9e0-11ea-bc5a-02420a0f7768 --telnyx-api-key-file telnyx.key\n"
          "  hookledger recover --since -2h --dry-run\n",
          with_rule_options(std::move(options)),
          run};
}

}  // namespace hookledger
