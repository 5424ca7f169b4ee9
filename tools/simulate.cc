#include <algorithm>
#include <fstream>
#include <iostream>

#include "replay/answers.h"
#include "tools/command.h"
#include "tools/key_files.h"
#include "tools/progress.h"
#include "tools/simulate/expectation.h"
#include "tools/simulate/plan.h"
#include "tools/simulate/report.h"
#include "tools/simulate/sender.h"
#include "tools/simulate/traffic_file.h"

namespace hookledger {
namespace {

/// Rather than write a file.
bool sends(const Settings& settings) { return settings.prevails("url", "out"); }

Result<TrafficOptions> read_traffic(const Settings& settings, Time now) {
  TrafficOptions traffic;
  const auto calls = settings.number("calls", traffic.calls, 1, TrafficOptions::kCallsMax);
  const auto seed = settings.number("seed", traffic.seed, 0, UINT64_MAX);
  const auto legs = settings.number("legs", 0, settings.has("legs") ? 1 : 0, TrafficOptions::kLegsMax);
  const auto start = settings.instant("start", now);
  const auto talk = settings.duration("talk", traffic.talk);
  const auto delay = settings.duration("delay-max", traffic.delay_max);
  const auto duplicate = settings.real("duplicate", 0, 0, 1), drop = settings.real("drop", 0, 0, 1);
  if (!calls) return calls.error();
  if (!seed) return seed.error();
  if (!legs) return legs.error();
  if (!start) return start.error();
  if (!talk) return talk.error();
  if (!delay) return delay.error();
  if (!duplicate) return duplicate.error();
  if (!drop) return drop.error();
  traffic.calls = static_cast<std::uint32_t>(*calls);
  traffic.seed = *seed;
  traffic.legs = static_cast<std::uint32_t>(*legs);
  traffic.start = start->value_or(sends(settings) ? now : TrafficOptions::kDefaultStart);
  traffic.talk = *talk;
  traffic.delay_max = *delay;
  traffic.duplicate = *duplicate;
  traffic.drop = *drop;
  traffic.shuffle = settings.flag("shuffle");
  return traffic;
}

/// Wrong values are refused where nothing is sent, too.
Result<SendOptions> read_sending(const Settings& settings) {
  SendOptions sending;
  const auto rate = settings.real("rate", 0, 0, 1e9), pace = settings.real("pace", 0, 0, 1e6);
  const auto connections = settings.number("connections", sending.connections, 1, SendOptions::kConnectionsMax);
  if (!rate) return rate.error();
  if (!pace) return pace.error();
  if (!connections) return connections.error();
  sending.rate = *rate;
  sending.pace = *pace;
  sending.connections = static_cast<std::uint32_t>(*connections);
  if (!sends(settings)) return sending;
  const auto url = parse_http_url(settings.text("url"));
  if (!url) return url.error();
  sending.url = *url;
  return sending;
}

/// The file that an option names, opened before the work is done whose result it takes.
class OutputFile {
 public:
  OutputFile(const Settings& settings, const std::string& name)
      : name_(name), path_(settings.text(name)), wanted_(settings.has(name)) {
    if (wanted_) file_.open(path_, std::ios::binary);
  }

  Result<void> opened() const {
    if (!wanted_ || file_.is_open()) return {};
    return Error{ErrorCode::kUnavailable, "--" + name_ + " " + path_ + " cannot be written"};
  }

  Result<void> write(const std::function<Result<void>(std::ostream&)>& write) {
    if (!wanted_) return {};
    if (auto written = write(file_); !written) return written;
    if (!file_.flush())
      return Error{ErrorCode::kUnavailable, "--" + name_ + " " + path_ + " could not be written to its end"};
    return {};
  }

 private:
  const std::string name_, path_;
  const bool wanted_;
  std::ofstream file_;
};

/// What of a report is a failure.
Result<void> check_report(const SendReport& report) {
  const bool taken = std::find(report.taken.begin(), report.taken.end(), true) != report.taken.end();
  if (!taken && report.refused_with != 0) {
    const std::string status = std::to_string(report.refused_with);
    return Error{ErrorCode::kUnavailable, "nothing was taken: the server answered " + status + " (" +
                                              problem_text(report.refusal, report.refused_with) +
                                              "); check --url and --signing-key"};
  }
  if (report.unanswered > 0) {
    return Error{ErrorCode::kUnavailable, std::to_string(report.unanswered) + " of " + std::to_string(report.sent) +
                                              " deliveries got no answer: see what the server says"};
  }
  return {};
}

Result<int> run(const Settings& settings, const CommandContext& context) {
  if (auto checked = expect_positional(settings, 0, ""); !checked) return checked.error();
  if (sends(settings) == settings.prevails("out", "url"))
    return usage_error("simulate needs --url URL or --out FILE, one of them");
  const auto traffic = read_traffic(settings, context.clock.wall());
  if (!traffic) return traffic.error();
  const auto sending = read_sending(settings);
  if (!sending) return sending.error();
  if (!settings.has("signing-key"))
    return usage_error("simulate needs --signing-key FILE: make one with hookledger keygen");
  const auto key = read_signing_key(settings.text("signing-key"));
  if (!key) return key.error();
  const auto plan = make_plan(*traffic);
  if (!plan) return plan.error();
  OutputFile expect(settings, "expect"), expect_all(settings, "expect-all");
  for (const OutputFile* file : {&expect, &expect_all}) {
    if (auto opened = file->opened(); !opened) return opened.error();
  }

  Progress progress(sends(settings) ? "sending" : "writing", "deliveries", settings.flag("quiet"), context.clock);
  const TrafficProgress show = [&](std::uint64_t done, std::uint64_t total) { progress.update(done, total); };
  std::optional<SendReport> report;
  if (sends(settings)) {
    auto sent = send_plan(*plan, *sending, *key, context.clock, show);
    if (!sent) return sent.error();
    report = std::move(*sent);
  } else {
    OutputFile out(settings, "out");
    if (auto opened = out.opened(); !opened) return opened.error();
    auto written = out.write([&](std::ostream& to) { return write_cloud_events(*plan, *key, to, show); });
    if (!written) return written.error();
  }
  const SendReport* sent = report ? &*report : nullptr;
  std::cout << (settings.flag("json") ? report_json(*plan, sent) + "\n" : render_report(*plan, sent));

  auto written = expect.write([&](std::ostream& out) {
    return write_expected_calls(*traffic, events_sent(*plan, report ? report->taken : std::vector<bool>()), out);
  });
  if (!written) return written.error();
  written = expect_all.write([&](std::ostream& out) { return write_expected_calls(*traffic, events_all(*plan), out); });
  if (!written) return written.error();
  if (auto checked = sent != nullptr ? check_report(*sent) : Result<void>(); !checked) return checked.error();
  return kExitDone;
}

}  // namespace

Command simulate_command() {
  return {
      "simulate",
      "",
      "Signed synthetic traffic, to a URL or a file",
      "Realistic Telnyx calls from a seed: direct, outbound, simultaneous ring, caller hangs up first, transfer,\n"
      "recordings, conference. The same seed and start give the same bytes. To a URL it signs when it sends; to a\n"
      "file, at the simulated time. Prints what it sent, the answers by status, and latency percentiles.\n\n"
      "  hookledger simulate --calls 100 --seed 7 --url http://127.0.0.1:8080/webhooks/telnyx --signing-key demo.key\n"
      "  hookledger simulate --calls 100 --drop 0.05 --shuffle --out events.jsonl --expect calls.jsonl --signing-key "
      "demo.key\n",
      {{"calls", "N", "how many calls; default 100"},
       {"seed", "S", "default 1"},
       {"start", "T", "when the first call begins; default now with --url, 2026-01-01T00:00:00Z with --out"},
       {"signing-key", "FILE", "the PREFIX.key of hookledger keygen"},
       {"rate", "EVENTS_PER_S", "deliveries a second; default as fast as they are answered"},
       {"pace", "X", "send each event when it happens, X times as fast as it does"},
       {"connections", "C", "kept alive, one request on its way on each; default 16, at most 1000"},
       {"duplicate", "P", "chance that a delivery is repeated"},
       {"drop", "P", "chance that an event is lost"},
       {"shuffle", "", "deliver in any order"},
       {"delay-max", "D", "deliver late by up to D of simulated time"},
       {"legs", "N", "ring N legs at once in every call, at least 1"},
       {"talk", "D", "mean talking time; default 30s"},
       {"out", "FILE", "write CloudEvents to FILE instead of sending"},
       {"expect", "FILE", "write the calls that must result from what was sent"},
       {"expect-all", "FILE", "and those that would have resulted had nothing been dropped"}},
      run};
}

}  // namespace hookledger
