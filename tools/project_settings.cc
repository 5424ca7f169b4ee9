#include "tools/project_settings.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <unistd.h>

#include "ingest/http/client.h"
#include "schemas/text.h"
#include "tools/command.h"
#include "tools/data_access.h"
#include "tools/kafka_settings.h"
#include "tools/recovery_settings.h"
#include "tools/rule_settings.h"
#include "tools/source_settings.h"
#include "tools/threads.h"

namespace hookledger {
namespace {

constexpr Duration kSessionTimeoutDefault = std::chrono::seconds(10), kSessionTimeoutMin = std::chrono::seconds(6),
                   kSessionTimeoutMax = std::chrono::minutes(30);
/// What Kafka takes as the name of a member.
constexpr std::size_t kInstanceBytesMax = 249;
bool fits_instance(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

/// The same after a restart, and nobody else's: a data dir has one owner at a time.
std::string default_instance(const std::string& data_dir) {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  std::string name = host.data() + std::filesystem::absolute(data_dir).lexically_normal().string();
  std::ranges::replace_if(
      name, [](char c) { return !fits_instance(c); }, '-');
  return name.size() > kInstanceBytesMax ? name.substr(name.size() - kInstanceBytesMax) : name;
}

Result<std::string> read_instance(const Settings& settings) {
  std::string name = settings.text("instance", default_instance(data_dir(settings)));
  if (!name.empty() && name.size() <= kInstanceBytesMax && std::ranges::all_of(name, fits_instance)) return name;
  return usage_error("--instance '" + printable(name) +
                     "': give at most 249 letters, digits, dots, dashes, underscores");
}

Result<std::string> read_advertise(const Settings& settings) {
  std::string url = settings.text("advertise");
  if (url.empty() || http::is_base_url(url)) return url;
  return usage_error("--advertise '" + printable(url) + "': give http://HOST:PORT");
}

}  // namespace

std::vector<OptionSpec> project_options() {
  std::vector<OptionSpec> options = kafka_options();
  for (OptionSpec& option : api_listener_options()) options.push_back(std::move(option));
  options.insert(
      options.end(),
      {{"advertise", "URL", "where other projectors reach this API; default http:// and the\naddress it listens on"},
       {"instance", "NAME",
        "this process among the projectors; no two have the same at a\ntime. Default: host and data dir"},
       {"session-timeout", "DURATION",
        "how long the partitions of a process that is gone wait for it to\nreturn; default 10s, at least 6s"},
       {"standby", "", "also keep a copy of partitions that others answer for, to take over\nat once"},
       {"log-format", "FORMAT", "text (default) or json, on stderr"},
       threads_option()});
  for (OptionSpec& option : recovery_options()) options.push_back(std::move(option));
  return with_rule_options(std::move(options));
}

Result<ProjectSettings> read_project_settings(const Settings& settings, const Clock& clock) {
  const auto listener = read_api_listener(settings, clock);
  const auto advertise = read_advertise(settings);
  const auto instance = read_instance(settings);
  const auto threads = thread_count(settings);
  if (!listener) return listener.error();
  if (!advertise) return advertise.error();
  if (!instance) return instance.error();
  const auto sources = configured_sources(settings);
  if (!sources) return sources.error();
  const auto session = settings.duration("session-timeout", kSessionTimeoutDefault);
  if (!threads) return threads.error();
  if (!session) return session.error();
  if (*session < kSessionTimeoutMin || *session > kSessionTimeoutMax)
    return usage_error("--session-timeout: at least 6s and at most 30m, which brokers take as they come");
  return ProjectSettings{*listener, *advertise,
                         *instance, settings.flag("standby"),
                         *threads,  std::chrono::duration_cast<std::chrono::milliseconds>(*session),
                         *sources};
}

}  // namespace hookledger
