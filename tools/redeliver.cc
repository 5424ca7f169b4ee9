#include <filesystem>
#include <iostream>
#include <poll.h>
#include <unistd.h>

#include "replay/redelivery/redelivery.h"
#include "schemas/text.h"
#include "tools/command.h"
#include "tools/data_access.h"
#include "tools/http_endpoint.h"
#include "tools/kafka_settings.h"
#include "tools/progress.h"
#include "tools/redeliver_settings.h"
#include "tools/redeliver_text.h"
#include "tools/rule_settings.h"
#include "tools/stop_on_signal.h"
#include "tools/system_random.h"

namespace hookledger {
namespace {

constexpr std::uint64_t kAskAbove = 1'000;

/// The log, with its projection where one says which calls are meant.
struct Opened {
  std::unique_ptr<RuleSet> rules{};
  std::optional<ProjectionView> view{};
  std::unique_ptr<LogReader> alone{};

  const LogReader& log() const { return view ? *view->log : *alone; }
  const ProjectionView* projection() const { return view ? &*view : nullptr; }
};

class Redeliver {
 public:
  Redeliver(const Settings& settings, const CommandContext& context, RedeliverSettings told, std::stop_token stop)
      : settings_(settings),
        context_(context),
        told_(std::move(told)),
        quiet_(settings.flag("quiet")),
        json_(settings.flag("json")),
        stop_(std::move(stop)) {}

  Result<int> run() {
    if (auto opened = open(); !opened) return opened.error();
    if (auto made = settle_job(); !made) return made.error();
    auto left = what_is_left();
    if (!left) return left.error();
    if (auto planned = plan(*left); !planned) return planned.error();
    if (settings_.flag("dry-run")) {
      if (json_) std::cout << redelivery_json(text_, nullptr) << '\n';
      return kExitDone;
    }
    if (auto confirmed = confirm(); !confirmed) return confirmed.error();
    return send(std::move(*left));
  }

 private:
  Result<void> open() {
    auto rules = configured_rules(settings_);
    if (!rules) return rules.error();
    opened_.rules = std::move(*rules);
    const std::string& rule = told_.calls.rule;
    if (!rule.empty() && !has_rule(*opened_.rules, rule)) {
      return usage_error("no rule '" + rule + "': hookledger rules list shows them");
    }
    if (told_.calls.empty() || on_kafka(settings_)) {
      auto log = open_log(settings_);
      if (!log) return log.error();
      opened_.alone = std::move(*log);
      return {};
    }
    auto view = open_data_dir(settings_, context_, *opened_.rules);
    if (!view) return view.error();
    opened_.view = std::move(*view);
    return {};
  }

  /// The job that was interrupted, or a new one.
  Result<void> settle_job() {
    // A dry run leaves nothing behind.
    if (!settings_.flag("dry-run") || std::filesystem::exists(told_.job_folder)) {
      auto folder = JobFolder::open(told_.job_folder);
      if (!folder) return folder.error();
      folder_ = std::move(*folder);
    }
    if (folder_ != nullptr && !settings_.flag("restart")) {
      auto stored = folder_->load();
      if (!stored) return stored.error();
      stored_ = std::move(*stored);
    }
    resumes_ = stored_.has_value();
    return resumes_ ? check_job() : begin_job();
  }

  /// Is it a job of this log?
  Result<void> check_job() const {
    const auto& ends = stored_->job.ends;
    bool fits = ends.size() == opened_.log().partitions();
    for (std::uint32_t partition = 0; fits && partition < ends.size(); ++partition) {
      const auto end = opened_.log().ask_end(partition);
      if (!end) return end.error();
      fits = ends[partition] <= *end;
    }
    if (fits) return {};
    return Error{ErrorCode::kInvalid, "the log is not the one that this redelivery was begun with: give --restart"};
  }

  Result<void> begin_job() {
    const Time now = context_.clock.wall();
    Job job{.began_at = now, .ends = {}, .since = told_.selection.since, .until = told_.selection.until};
    for (std::uint32_t partition = 0; partition < opened_.log().partitions(); ++partition) {
      const auto end = opened_.log().ask_end(partition);
      if (!end) return end.error();
      job.ends.push_back(*end);
    }
    if (!told_.calls.empty()) {
      auto calls = select_calls(settings_, told_.calls, opened_.projection(), *opened_.rules, now);
      if (!calls) return calls.error();
      job.calls = std::move(*calls);
    }
    const std::size_t partitions = job.ends.size();
    stored_ = {std::move(job), {.done = std::vector<OffsetSet>(partitions)}};
    return {};
  }

  Result<std::vector<RecordWalk::Part>> what_is_left() {
    const Job& job = stored_->job;
    told_.selection.since = job.since;
    told_.selection.until = job.until;
    std::optional<PlacesByPartition> places;
    if (job.calls) {
      told_.selection.calls.emplace(job.calls->begin(), job.calls->end());
      if (opened_.view) {
        auto found = places_of(*job.calls, *opened_.view, job.ends);
        if (!found) return found.error();
        places = std::move(*found);
      }
    }
    return parts_left(job, stored_->progress, places);
  }

  Result<void> plan(const std::vector<RecordWalk::Part>& left) {
    Progress progress("planning", "records", quiet_, context_.clock);
    auto made = make_plan(
        opened_.log(), left, told_.selection,
        [&](const FoldProgress& looked) { progress.update(looked.done, looked.total); }, stop_);
    if (!made) return made.error();
    if (stop_.stop_requested()) return Error{ErrorCode::kStopping, "stopped: nothing was sent"};
    if (!resumes_) stored_->job.records = made->records;
    text_ = {told_.where, std::move(*made), told_.pace, resumes_ ? &*stored_ : nullptr};
    if (text_.plan.records == 0 && !told_.calls.calls.empty() && !resumes_) {
      return Error{ErrorCode::kNotFound, "no record of such a call: hookledger calls lists them"};
    }
    if (!json_) {
      std::cout << render_plan(text_) << std::flush;
    } else if (!quiet_) {
      std::cerr << render_plan(text_);
    }
    if (text_.plan.records == 0 && !resumes_ && !quiet_) {
      std::cerr << "hookledger: no record is selected: check --since and --until (they are about when a record was "
                   "received, with --by occurrence about when it happened), --type, --source, --org and --rule\n";
    }
    return {};
  }

  Result<void> confirm() {
    if (text_.plan.records <= kAskAbove || resumes_ || settings_.flag("yes")) return {};
    if (isatty(STDIN_FILENO) != 1) {
      return usage_error("these are more than 1,000 records: look at them with --dry-run, then give --yes");
    }
    std::cerr << "send them? [y/N] ";
    pollfd input{STDIN_FILENO, POLLIN, 0};
    while (!stop_.stop_requested() && ::poll(&input, 1, 100) == 0) {
    }
    std::string answer;
    if (!stop_.stop_requested()) std::getline(std::cin, answer);
    if (answer == "y" || answer == "yes") return {};
    return Error{ErrorCode::kStopping, "nothing was sent"};
  }

  Result<int> send(std::vector<RecordWalk::Part> left) {
    if (!resumes_) {
      if (auto begun = folder_->begin(stored_->job); !begun) return begun.error();
    }
    if (told_.key.empty() && !quiet_)
      std::cerr << "hookledger: requests are not signed: --secret-file names a secret\n";
    auto report = deliver(std::move(left));
    if (!report) {
      return Error{report.error().code,
                   report.error().detail + "; what was delivered is kept, the same command goes on"};
    }
    const std::string shortfall = shortcoming(*report, text_.plan.records);
    if (shortfall.empty()) folder_->remove();
    std::cout << (json_ ? redelivery_json(text_, &*report) + "\n" : render_report(text_, *report));
    if (!shortfall.empty()) return Error{ErrorCode::kUnavailable, shortfall};
    return kExitDone;
  }

  Result<RedeliveryReport> deliver(std::vector<RecordWalk::Part> left) {
    RedeliveryOptions options;
    options.dispatcher.key = told_.key;
    options.dispatcher.is_replay = true;
    options.dispatcher.rate = told_.pace.rate;
    options.dispatcher.give_up = told_.give_up;
    options.dispatcher.seed = random_number();
    options.dispatcher.endpoints_per_thread = kEndpointsPerThread;
    options.speed = told_.pace.speed;
    options.patience = kEndpointTimeout + std::chrono::seconds(1);
    std::vector<std::unique_ptr<Endpoint>> endpoints;
    const auto make_endpoint = http_endpoints_of(told_.url);
    for (std::uint64_t i = 0; i < told_.parallel; ++i) endpoints.push_back(make_endpoint());
    Progress progress("redelivering", "records", quiet_, context_.clock);
    const auto show = [&](std::uint64_t delivered, const std::string& complaint) {
      progress.update(delivered, stored_->job.records);
      tell_trouble(complaint);
    };
    Redelivery redelivery(options, {opened_.log(), *folder_, context_.clock, show});
    return redelivery.run(stored_->progress, told_.selection, std::move(left), std::move(endpoints), stop_);
  }

  /// When the application begins to be left alone, and when it takes records again.
  void tell_trouble(const std::string& complaint) {
    if (quiet_ || complaint.empty() == !in_trouble_) return;
    in_trouble_ = !complaint.empty();
    std::cerr << "hookledger: "
              << (in_trouble_
                      ? "the application takes nothing for now (" + printable(complaint) + "): it is tried again"
                      : "the application takes records again")
              << '\n';
  }

  const Settings& settings_;
  const CommandContext& context_;
  RedeliverSettings told_;
  const bool quiet_, json_;
  const std::stop_token stop_;
  Opened opened_;
  std::unique_ptr<JobFolder> folder_;  ///< Null in a dry run that has nothing to go on with.
  std::optional<JobFolder::Stored> stored_;
  bool resumes_ = false, in_trouble_ = false;
  RedeliveryText text_;
};

Result<int> run(const Settings& settings, const CommandContext& context) {
  if (auto checked = expect_positional(settings, 0, ""); !checked) return checked.error();
  auto told = redeliver_settings(settings, context.clock.wall());
  if (!told) return told.error();
  const StopOnSignal signal;
  return Redeliver(settings, context, std::move(*told), signal.token()).run();
}

}  // namespace

Command redeliver_command() {
  return {
      "redeliver",
      "",
      "Records to an application, again",
      "Sends records of the log to an application that missed them: of each call in the order of the log, calls in\n"
      "parallel. A request has the original body byte for byte, the original signature headers, headers that say\n"
      "what it is and that it is a replay, and with --secret-file a signature of ours (schemas/deliveries.md).\n\n"
      "It cannot hurt: it prints its plan first, asks before it sends more than 1,000 records, ends where the log\n"
      "ended when it began, goes slower than the application can, waits while that is in trouble, and gives up\n"
      "what it does not take, which is listed at the end (exit 1). Ctrl-C stops it. After that, or after a crash,\n"
      "the same command goes on where it stopped: an application gets every record at least once.\n\n"
      "  hookledger redeliver --to http://127.0.0.1:9000/hooks --since -1h --dry-run    what would be sent\n"
      "  hookledger redeliver --to http://127.0.0.1:9000/hooks --since -1h --secret-file app.secret\n"
      "  hookledger redeliver --to http://127.0.0.1:9000/hooks --call ID                one call\n"
      "  hookledger redeliver --to http://127.0.0.1:9000/hooks --type 'call.recording.*' --rate 200\n"
      "  hookledger redeliver --to http://127.0.0.1:9000/hooks --rule no-end --speed 10  ten times as fast as then\n"
      "  hookledger redeliver --to URL --kafka-brokers BROKERS --state DIR              from Kafka\n\n"
      "On Kafka, --org and --rule ask the projector of --url which calls are meant. Elsewhere it reads the data dir,\n"
      "beside the server or without it.\n",
      redeliver_options(),
      run};
}

}  // namespace hookledger
