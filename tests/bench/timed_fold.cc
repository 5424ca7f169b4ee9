#include "tests/bench/timed_fold.h"

#include <filesystem>

#include "ingest/log/embedded_log.h"
#include "projector/folding.h"
#include "tests/bench/timing.h"

namespace hookledger::bench {

double fold_seconds(const std::string& log_path, const std::string& store_path, const RuleSet& rules,
                    unsigned threads) {
  std::filesystem::remove_all(store_path);
  const CpuTime before = cpu_time_of_self();
  const auto log = open_embedded_log_reader(log_path).value();
  const auto store =
      CallStore::make(open_key_value(store_path, KeyValueUse::kBulk).value(), make_shape(log->partitions(), rules))
          .value();
  catch_up(*store, *log, rules, threads).value();
  store->flush().value();
  const double cpu = (cpu_time_of_self() - before).total();
  std::filesystem::remove_all(store_path);
  return cpu;
}

}  // namespace hookledger::bench
