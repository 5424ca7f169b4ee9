#include "tests/bench/full_load.h"

#include <stdexcept>

#include "tests/bench/load.h"
#include "tests/support/libsodium.h"

namespace hookledger::bench {
namespace {

/// Enough for every memory table to have been full once.
constexpr std::uint64_t kWarmUpEvents = 40'000;
constexpr std::size_t kBodyBytes = 820;
constexpr double kFloorSeconds = 2;

}  // namespace

FullLoad run_full_load(const Bench& bench, const ServerProcess& server, std::uint64_t events, std::uint32_t connections,
                       const std::function<void()>& before) {
  send(bench.clock, server.webhook_url(), {.events = kWarmUpEvents, .seed = 1, .connections = connections});
  if (before) before();
  FullLoad load;
  const CpuTime cpu_before = cpu_time_of(server.id());
  load.sent = send(bench.clock, server.webhook_url(), {.events = events, .seed = 2, .connections = connections},
                   [&](auto, auto) { load.resident.push_back(resident_memory_of(server.id()).now); });
  load.cpu = cpu_time_of(server.id()) - cpu_before;
  load.resident_peak = resident_memory_of(server.id()).peak;
  return load;
}

double verify_seconds(const Bench& bench) {
  const Ed25519KeyPair key = signing_key();
  const std::string message(kBodyBytes, 'x');
  const Ed25519Signature signature = ed25519_sign(key, message);
  return cpu_seconds_each(bench.clock, kServerThreads, kFloorSeconds, [&] {
    if (!testing::libsodium_verifies(key.public_key, signature, message))
      throw std::runtime_error("a signature does not verify");
  });
}

Row verify_row(const std::string& who, const FullLoad& load, double verify, double goal) {
  const double each = load.cpu.total() / load.events();
  return compared("webhooks per CPU-second, " + who,
                  text("%.0f (%.1f us: %.1f user, %.1f system)", 1 / each, 1e6 * each,
                       1e6 * load.cpu.user / load.events(), 1e6 * load.cpu.system / load.events()),
                  text("%.0f bare verifications (%.1f us)", 1 / verify, 1e6 * verify), verify / each, goal, true);
}

}  // namespace hookledger::bench
