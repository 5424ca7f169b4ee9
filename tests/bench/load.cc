#include "tests/bench/load.h"

#include <stdexcept>

#include "tools/simulate/sender.h"

namespace hookledger::bench {
namespace {

constexpr double kEventsPerCall = 10.7;

}  // namespace

Ed25519KeyPair signing_key() { return ed25519_key_pair(Ed25519Seed{1}); }

SendReport send(const Clock& clock, const std::string& url, const Load& load,
                const std::function<void(std::uint64_t done, std::uint64_t total)>& tick) {
  TrafficOptions traffic;
  traffic.calls = static_cast<std::uint32_t>(static_cast<double>(load.events) / kEventsPerCall) + 1;
  traffic.seed = load.seed;
  traffic.start = clock.wall();
  SendOptions sending;
  sending.url = parse_http_url(url).value();
  sending.rate = load.rate;
  sending.connections = load.connections;
  const Plan plan = make_plan(traffic).value();
  SendReport report = send_plan(plan, sending, signing_key(), clock, tick).value();
  if (report.accepted != plan.deliveries.size()) throw std::runtime_error("the server did not accept everything");
  return report;
}

}  // namespace hookledger::bench
