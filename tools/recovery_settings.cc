#include "tools/recovery_settings.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>

#include "schemas/record.h"
#include "schemas/text.h"

namespace hookledger {
namespace {

constexpr std::string_view kTelnyxApi = "https://api.telnyx.com/v2", kTelnyx = "telnyx";
constexpr std::size_t kKeyBytesMax = 4096;
constexpr Duration kIntervalMin = std::chrono::seconds(1), kIntervalMax = std::chrono::hours(24);

using Section = std::map<std::string, std::vector<std::string>>;

/// What is given for one source, before it is checked.
struct Given {
  std::string kind = std::string(kTelnyx), key_file, key, url, interval;
  std::vector<std::string> connections;
};

Given read_section(const Section& section) {
  const auto last = [&](const char* name) {
    const auto found = section.find(name);
    return found == section.end() ? std::string() : found->second.back();
  };
  Given given;
  if (auto kind = last("kind"); !kind.empty()) given.kind = std::move(kind);
  given.key_file = last("api-key-file");
  given.url = last("api-url");
  given.interval = last("recovery-interval");
  if (const auto found = section.find("api-connection"); found != section.end()) given.connections = found->second;
  return given;
}

bool is_loopback(const std::string& host) { return host == "localhost" || host == "::1" || host.starts_with("127."); }

/// Reads what is given for a source; the errors name it.
class SourceReader {
 public:
  SourceReader(std::string source, Given given) : given_(std::move(given)) { recovery_.source = std::move(source); }

  Result<RecoverySettings> read() {
    for (const auto& done : {read_key(), read_url(), read_interval(), read_connections()}) {
      if (!done) return done.error();
    }
    return recovery_;
  }

 private:
  Error wrong(const std::string& what) const {
    return {ErrorCode::kUsage, "source " + printable(recovery_.source) + ": " + what};
  }

  Result<void> read_key() {
    if (given_.kind != kDefaultKind) {
      return wrong("kind " + printable(given_.kind) + " has no API that recovery knows: take api-key-file out");
    }
    std::string key = given_.key;
    if (!given_.key_file.empty()) {
      std::ifstream file(given_.key_file, std::ios::binary);
      key.assign(kKeyBytesMax, '\0');
      file.read(key.data(), static_cast<std::streamsize>(key.size()));
      if (file.gcount() == 0)
        return wrong("api-key-file " + printable(given_.key_file) + " is empty or cannot be read");
      key.resize(static_cast<std::size_t>(file.gcount()));
    }
    key.erase(key.find_last_not_of(" \t\r\n") + 1);
    if (key.empty() || !std::ranges::all_of(key, [](char c) { return c > 0x20 && c < 0x7f; })) {
      return wrong("the API key is not one word, as the provider's portal shows it");
    }
    recovery_.key = std::move(key);
    return {};
  }

  Result<void> read_url() {
    const auto url = http::parse_url(given_.url.empty() ? kTelnyxApi : std::string_view(given_.url));
    if (!url || url->target.find('?') != std::string::npos) {
      return wrong("api-url: give https://HOST[:PORT][/PATH], without user, password, ? and #");
    }
    if (!url->tls && !is_loopback(url->host))
      return wrong("api-url: the key goes to https:// only, or to this machine");
    recovery_.api = *url;
    while (recovery_.api.target.ends_with('/')) recovery_.api.target.pop_back();
    return {};
  }

  Result<void> read_interval() {
    if (given_.interval.empty()) return {};
    const auto interval = parse_duration(given_.interval);
    if (!interval || *interval < kIntervalMin || *interval > kIntervalMax) {
      return wrong("recovery-interval '" + printable(given_.interval) +
                   "': give a duration from 1s to 24h, such as 5m");
    }
    recovery_.interval = *interval;
    return {};
  }

  Result<void> read_connections() {
    for (const std::string& connection : given_.connections) {
      if (connection.empty())
        return wrong("api-connection: give the id of a connection, as the provider's portal shows it");
      recovery_.connections.push_back(connection);
    }
    return {};
  }

  const Given given_;
  RecoverySettings recovery_;
};

}  // namespace

std::vector<OptionSpec> recovery_options() {
  return {
      {"telnyx-api-key-file", "FILE",
       "the file with the API key of the source named telnyx, to fetch\nwhat was lost; or HOOKLEDGER_TELNYX_API_KEY "
       "has the key"},
      {"telnyx-api-url", "URL", "of that API; default https://api.telnyx.com/v2"}};
}

Result<std::vector<RecoverySettings>> configured_recoveries(const Settings& settings) {
  std::map<std::string, Given> all;
  for (const auto& [name, section] : settings.sources()) {
    Given given = read_section(section);
    if (given.key_file.empty() && (!given.url.empty() || !given.interval.empty() || !given.connections.empty()) &&
        name != kTelnyx) {
      return Error{ErrorCode::kUsage, "source " + printable(name) + ": give api-key-file too"};
    }
    all.emplace(name, std::move(given));
  }
  Given& telnyx = all.try_emplace(std::string(kTelnyx)).first->second;
  if (settings.has("telnyx-api-url")) telnyx.url = settings.text("telnyx-api-url");
  if (settings.has("telnyx-api-key-file")) {
    telnyx.key_file = settings.text("telnyx-api-key-file");
  } else if (const char* key = std::getenv("HOOKLEDGER_TELNYX_API_KEY"); key != nullptr && telnyx.key_file.empty()) {
    telnyx.key = key;
  }
  std::vector<RecoverySettings> recoveries;
  for (auto& [name, given] : all) {
    if (given.key_file.empty() && given.key.empty()) continue;
    auto recovery = SourceReader(name, std::move(given)).read();
    if (!recovery) return recovery.error();
    recoveries.push_back(std::move(*recovery));
  }
  return recoveries;
}

}  // namespace hookledger
