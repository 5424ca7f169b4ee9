#include "tools/listener_settings.h"

#include <algorithm>

#include "schemas/text.h"
#include "tools/command.h"
#include "tools/threads.h"

namespace hookledger {
namespace {

constexpr std::uint64_t kBodyBytesMax = 64 * 1024 * 1024;
/// What is read and not yet handled may hold so many of the largest bodies.
constexpr std::size_t kBodiesBuffered = 4;

Result<std::string> read_address(const Settings& settings, std::string_view option, std::string_view otherwise) {
  const std::string text = settings.text(option, otherwise);
  if (http::is_address(text)) return text;
  return usage_error("--" + std::string(option) + " '" + printable(text) +
                     "': give ADDR:PORT, ADDR an IP address, such as 127.0.0.1:8080 or [::1]:8080");
}

Result<std::optional<http::TlsFiles>> read_tls(const Settings& settings) {
  if (settings.has("tls-cert") != settings.has("tls-key")) return usage_error("--tls-cert and --tls-key go together");
  if (!settings.has("tls-cert")) return std::optional<http::TlsFiles>();
  http::TlsFiles files{settings.text("tls-cert"), settings.text("tls-key")};
  if (const auto problem = http::check_tls(files)) {
    return usage_error(std::string(problem->of_key ? "--tls-key " : "--tls-cert ") + printable(problem->reason));
  }
  return std::optional(std::move(files));
}

Result<void> read_limits(const Settings& settings, http::Limits& limits) {
  const auto body = settings.bytes("max-body", limits.body_bytes_max, kBodyBytesMax);
  const auto connections = settings.number("max-connections", limits.connections_max, 1, 1'000'000);
  if (!body) return body.error();
  if (!connections) return connections.error();
  limits.body_bytes_max = *body;
  limits.connections_max = *connections;
  limits.buffered_bytes_max = std::max(limits.buffered_bytes_max, kBodiesBuffered * limits.body_bytes_max);
  return {};
}

}  // namespace

std::vector<OptionSpec> api_listener_options() {
  return {{"api-listen", "ADDR:PORT", "API and metrics; default 127.0.0.1:8081"},
          {"drain-timeout", "DURATION", "SIGTERM ends it within this, answering what was read;\ndefault 10s"}};
}

std::vector<OptionSpec> listener_options() {
  std::vector<OptionSpec> options{{"listen", "ADDR:PORT", "webhooks; default 127.0.0.1:8080, port 0: any free one"}};
  for (OptionSpec& option : api_listener_options()) options.push_back(std::move(option));
  options.insert(
      options.end(),
      {{"max-body", "BYTES", "largest body taken; default 1MiB, at most 64MiB. Above 16MiB\nmemory grows with it"},
       {"max-connections", "N", "open at once on the webhook listener; default 4096"},
       {"tls-cert", "FILE", "PEM certificate chain of the webhook listener; SIGHUP reloads it"},
       {"tls-key", "FILE", "PEM private key, without a passphrase"}});
  return options;
}

Result<ApiListener> read_api_listener(const Settings& settings, const Clock& clock) {
  ApiListener listener;
  const auto drain = settings.duration("drain-timeout", std::chrono::seconds(10));
  const auto address = read_address(settings, "api-listen", "127.0.0.1:8081");
  if (!drain) return drain.error();
  if (!address) return address.error();
  listener.drain_timeout = std::chrono::duration_cast<std::chrono::milliseconds>(*drain);
  listener.api.threads = 2;  // One slow question must not hold up /healthz.
  listener.api.address = *address;
  listener.api.clock = &clock;
  return listener;
}

Result<Listeners> read_listeners(const Settings& settings, const Clock& clock) {
  Listeners listeners;
  const auto threads = thread_count(settings);
  const auto webhooks = read_address(settings, "listen", "127.0.0.1:8080");
  const auto api = read_api_listener(settings, clock);
  const auto tls = read_tls(settings);
  if (!threads) return threads.error();
  if (auto read = read_limits(settings, listeners.webhooks.limits); !read) return read.error();
  if (!webhooks) return webhooks.error();
  if (!api) return api.error();
  if (!tls) return tls.error();
  static_cast<ApiListener&>(listeners) = *api;
  listeners.webhooks.address = *webhooks;
  listeners.webhooks.threads = *threads;
  listeners.webhooks.tls = *tls;
  listeners.webhooks.clock = &clock;
  return listeners;
}

}  // namespace hookledger
