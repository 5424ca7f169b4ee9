#include "tests/bench/prepared_log.h"

#include <atomic>
#include <filesystem>
#include <thread>

#include "ingest/intake.h"
#include "ingest/log/embedded_log.h"
#include "schemas/sources/telnyx.h"
#include "tests/bench/bench.h"
#include "tests/bench/load.h"
#include "tests/support/append_waiter.h"
#include "tools/simulate/plan.h"
#include "tools/simulate/simulated_record.h"

namespace hookledger::bench {
namespace {

constexpr double kEventsPerCall = 10.7;
constexpr std::size_t kBatchRecords = 4096;
constexpr unsigned kSigners = 2;
constexpr std::uint64_t kBatchesBetweenWords = 50;

TrafficOptions traffic_of(std::uint64_t events) {
  TrafficOptions traffic;
  traffic.calls = static_cast<std::uint32_t>(static_cast<double>(events) / kEventsPerCall) + 1;
  return traffic;
}

/// Writes and signs deliveries of some of the calls.
class Signer {
 public:
  explicit Signer(const TrafficOptions& traffic) : shelf_(traffic), reader_(make_telnyx_reader()) {}

  Append append(const Delivery& delivery, const Ed25519KeyPair& key, std::uint32_t partitions) {
    const std::string body = shelf_.body(delivery);
    const std::string signed_at = unix_seconds(delivery.arrives_at);
    const std::string signature = telnyx_signature(key, signed_at, body);
    const std::string id = key_id(key.public_key);
    Append append = take_in(*reader_,
                            {.source = kSimulatedSource,
                             .content_type = "application/json",
                             .signature = signature,
                             .signed_at = signed_at,
                             .key_id = id,
                             .received_at = delivery.arrives_at},
                            body, partitions)
                        .append;
    return append;
  }

 private:
  ScriptShelf shelf_;
  std::unique_ptr<EventReader> reader_;
};

void write_log(EventLog& log, const TrafficOptions& traffic) {
  const Plan plan = make_plan(traffic).value();
  const Ed25519KeyPair key = signing_key();
  log.remember_key(key.public_key).value();
  std::vector<Signer> signers;
  for (unsigned i = 0; i < kSigners; ++i) signers.emplace_back(traffic);
  testing::AppendWaiter outcomes;
  const std::size_t total = plan.deliveries.size();
  std::size_t submitted = 0;
  for (std::uint64_t batches = 0; submitted < total; ++batches) {
    std::vector<Append> batch(std::min(kBatchRecords, total - submitted));
    std::vector<std::thread> workers;
    for (unsigned worker = 0; worker < kSigners; ++worker) {
      workers.emplace_back([&, worker] {  // A call's script is written by one worker alone.
        for (std::size_t i = 0; i < batch.size(); ++i) {
          const Delivery& delivery = plan.deliveries[submitted + i];
          if (delivery.event.call % kSigners != worker) continue;
          batch[i] = signers[worker].append(delivery, key, log.partitions());
          batch[i].observer = &outcomes;
        }
      });
    }
    for (std::thread& worker : workers) worker.join();
    outcomes.wait_for(submitted);
    submitted += batch.size();
    log.submit(batch).value();
    if (batches % kBatchesBetweenWords == 0) say("preparing a log: %zu of %zu events", submitted, total);
  }
  outcomes.wait_for(submitted);
}

}  // namespace

std::string PreparedLog::call_id(std::uint32_t index) const {
  return write_call_script(traffic_of(events), index).call_id;
}

PreparedLog prepare_log(const Clock& clock, const std::string& folder, std::uint64_t events) {
  const TrafficOptions traffic = traffic_of(events);
  const PreparedLog prepared{folder + "/log-" + std::to_string(events), traffic.calls, events};
  if (std::filesystem::exists(prepared.data_dir)) return prepared;
  const std::string unfinished = prepared.data_dir + ".unfinished";
  std::filesystem::remove_all(unfinished);
  std::filesystem::create_directories(unfinished);
  Logger logger({});
  Metrics metrics;
  const auto log =
      open_embedded_log({.store = {.path = unfinished + "/log"}, .limits = {}}, clock, logger, metrics).value();
  write_log(*log, traffic);
  log->stop();
  std::filesystem::rename(unfinished, prepared.data_dir);
  return prepared;
}

}  // namespace hookledger::bench
