#include "tools/redeliver_settings.h"

#include <filesystem>

#include "schemas/crypto.h"
#include "schemas/text.h"
#include "tools/command.h"
#include "tools/data_access.h"
#include "tools/kafka_settings.h"
#include "tools/rule_settings.h"
#include "tools/webhook_secret.h"

namespace hookledger {
namespace {

constexpr double kRateDefault = 50, kRateMax = 1e6, kSpeedMin = 0.01, kSpeedMax = 1e6;
constexpr std::uint64_t kParallelDefault = 8, kParallelMax = 64, kAttemptsDefault = 10, kAttemptsMax = 1'000'000;

Result<void> read_url(const Settings& settings, RedeliverSettings& into) {
  const auto url = http::parse_url(settings.text("to"));
  if (!url) return usage_error("--to: give http:// or https://HOST[:PORT][/PATH], without user, password and #");
  into.url = *url;
  into.where = (url->tls ? "https://" : "http://") + url->authority;
  if (!settings.has("secret-file")) return {};
  auto key = read_webhook_secret(settings.text("secret-file"));
  if (!key) return usage_error("--" + key.error().detail);
  into.key = std::move(*key);
  return {};
}

/// `--org "$UNSET"` must not select everything.
Result<void> refuse_empty(const Settings& settings) {
  for (const char* option : {"call", "type", "org", "source", "rule"}) {
    for (const std::string& text : settings.texts(option)) {
      if (text.empty()) return usage_error("--" + std::string(option) + " is empty: leave it out for all");
      if (option == std::string_view("type") && text.find('*') < text.size() - 1) {
        return usage_error("--type '" + printable(text) + "': a * is for the end");
      }
    }
  }
  return {};
}

Result<void> read_selection(const Settings& settings, Time now, RedeliverSettings& into) {
  if (auto refused = refuse_empty(settings); !refused) return refused;
  const auto since = settings.instant("since", now), until = settings.instant("until", now);
  const auto by = settings.word("by", {"arrival", "occurrence"});
  if (!since) return since.error();
  if (!until) return until.error();
  if (!by) return by.error();
  into.selection.filter.types = settings.texts("type");
  into.selection.filter.sources = settings.texts("source");
  into.selection.since = *since;
  into.selection.until = *until;
  into.selection.by_occurrence = *by == "occurrence";
  into.calls = {settings.texts("call"), settings.text("org"), settings.text("rule")};
  return {};
}

Result<void> read_pace(const Settings& settings, RedeliverSettings& into) {
  const auto rate = settings.real("rate", kRateDefault, 0, kRateMax),
             speed = settings.real("speed", 1, kSpeedMin, kSpeedMax);
  const auto parallel = settings.number("parallel", kParallelDefault, 1, kParallelMax);
  if (!rate) return rate.error();
  if (!speed) return speed.error();
  if (!parallel) return parallel.error();
  into.parallel = *parallel;
  if (settings.on_command_line("rate") && settings.on_command_line("speed")) {
    return usage_error("give --rate or --speed, not both");
  }
  if (settings.prevails("speed", "rate")) {
    into.pace.speed = *speed;
  } else {
    into.pace.rate = *rate;
  }
  return {};
}

/// Attempts, or a time with its unit.
Result<void> read_give_up(const Settings& settings, RedeliverSettings& into) {
  const std::string text = settings.text("give-up-after", std::to_string(kAttemptsDefault));
  const auto attempts = parse_unsigned(text);
  const auto time = parse_duration(text);
  if (attempts && *attempts > 0 && *attempts <= kAttemptsMax) {
    into.give_up.attempts = static_cast<std::uint32_t>(*attempts);
  } else if (!attempts && time && *time > Duration(0)) {
    into.give_up.time = *time;
  } else {
    return usage_error("--give-up-after '" + printable(text) + "': give a number of attempts, or a time such as 10m");
  }
  return {};
}

/// Which redelivery it is, in the words of whoever asked for it: `-10m` means what it meant when it began.
std::string job_name(const Settings& settings) {
  std::string text;
  const auto add = [&](std::string_view name, const std::vector<std::string>& values) {
    for (const std::string& value : values) text += std::string(name) + '\0' + value + '\0';
  };
  std::error_code failed;
  const auto folder = std::filesystem::weakly_canonical(data_dir(settings), failed);
  add("log", {on_kafka(settings) ? settings.text("topic", kafka::Cluster().topic) : folder.string()});
  for (const char* option : {"to", "call", "since", "until", "by", "type", "org", "source", "rule"}) {
    add(option, settings.texts(option));
  }
  return blake2b_256_hex(text).substr(0, 16);
}

}  // namespace

std::vector<OptionSpec> redeliver_options() {
  std::vector<OptionSpec> options = {
      {"to", "URL", "the application: http:// or https://HOST[:PORT][/PATH]"},
      {"secret-file", "FILE", "signs each request: whsec_ and base64, as in Standard Webhooks"},
      {"call", "ID", "of this call; may repeat", true},
      {"since", "T", "received at T or later: RFC 3339, or relative such as -1h"},
      {"until", "T", "received before T"},
      {"by", "arrival|occurrence", "what --since and --until mean: received (default), or happened"},
      {"type", "TYPE", "of this type; a * at the end stands for any rest; may repeat", true},
      {"org", "ID", "of calls of this organisation"},
      {"source", "NAME", "of this source; may repeat", true},
      {"rule", "NAME", "of calls that have a finding of this rule, whatever became of it"},
      {"rate", "PER_S", "requests a second; default 50; 0: as fast as the application takes them"},
      {"speed", "FACTOR", "in place of a rate: as they once came; 1: as fast as then, 10: ten times as fast"},
      {"parallel", "N", "calls at once; default 8, at most 64"},
      {"give-up-after", "N|D", "attempts at one record, or a time such as 10m; default 10"},
      {"dry-run", "", "print the plan and send nothing"},
      {"yes", "", "do not ask before more than 1,000 records are sent"},
      {"restart", "", "from the beginning, whatever was delivered before"},
      {"state", "DIR", "where the progress is kept; default DATA/redeliveries; needed on Kafka"}};
  for (const OptionSpec& option : kafka_options()) options.push_back(option);
  return with_rule_options(std::move(options));
}

Result<RedeliverSettings> redeliver_settings(const Settings& settings, Time now) {
  RedeliverSettings read;
  for (const auto& done : {read_url(settings, read), read_selection(settings, now, read), read_pace(settings, read),
                           read_give_up(settings, read)}) {
    if (!done) return done.error();
  }
  if (!on_kafka(settings)) {
    if (auto refused = refuse_url(settings); !refused) return refused.error();
  } else if (!settings.has("state")) {
    return usage_error("give --state DIR, where the progress is kept: brokers have no data dir");
  } else if (!settings.has("url") && !(read.calls.organization + read.calls.rule).empty()) {
    return usage_error("give the --url of a projector, which knows the calls that --org and --rule mean");
  }
  read.job_folder = settings.text("state", data_dir(settings) + "/redeliveries") + "/" + job_name(settings);
  return read;
}

}  // namespace hookledger
