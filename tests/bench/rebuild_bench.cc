// Rebuild: events per CPU-second from a log on disk to queryable state, beside its parts.
// rebuild_bench FOLDER CALLS: FOLDER keeps the log for the next run.
#include <cstdio>
#include <filesystem>
#include <string>
#include <sys/resource.h>

#include "ingest/log/embedded_log.h"
#include "projector/fold.h"
#include "projector/folding.h"
#include "projector/rules/built_in_rules.h"
#include "schemas/sources/telnyx.h"
#include "schemas/text.h"
#include "tests/support/append_waiter.h"
#include "tests/support/manual_clock.h"
#include "tools/simulate/plan.h"
#include "tools/simulate/simulated_record.h"

namespace hookledger {
namespace {

using testing::ManualClock;

void write_log(EventLog& log, std::uint32_t calls) {
  TrafficOptions options;
  options.calls = calls;
  const Plan plan = make_plan(options).value();
  ScriptShelf shelf(options);
  const auto reader = make_telnyx_reader();
  testing::AppendWaiter outcomes;
  std::vector<Append> batch;
  std::size_t submitted = 0;
  const auto submit = [&] {
    log.submit(batch).value();
    submitted += batch.size();
    batch.clear();
    outcomes.wait_for(submitted);
  };
  for (const Delivery& delivery : plan.deliveries) {
    const std::string body = shelf.body(delivery);
    const EventHead head = reader->head({body});
    RecordView record = simulated_record(head, body, delivery.arrives_at);
    record.signature = "6Zf1vYk1a5n0dHk0m3l9yq3x0e8S1b0oE5n8a6o0WcVdDk3y2v1hQm8mZ5pWq1xYv6bG0Qe3rT9uI2oP4aS7Dg==";
    record.signed_at = "1770545730";
    record.key_id = "ed25519:0123456789abcdef";
    record.content_type = "application/json";
    Append append;
    append.record = encode_record(record);
    append.dedup_key = dedup_key(record.source, record.id);
    append.partition = partition_of(record.key, log.partitions());
    append.observer = &outcomes;
    batch.push_back(std::move(append));
    if (batch.size() == 4096) submit();
  }
  submit();
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

template <class Work>
void measure(const char* name, std::uint64_t events, Work work) {
  const double before = cpu_seconds();
  const auto began = std::chrono::steady_clock::now();
  work();
  const double cpu = cpu_seconds() - before;
  const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  const auto count = static_cast<double>(events);
  std::printf("%-28s %7.3f us/event CPU  %9.0f events/CPU-s  %9.0f events/s\n", name, 1e6 * cpu / count, count / cpu,
              count / wall);
}

template <class Each>
void for_each(const LogReader& log, Each each) {
  for (std::uint32_t partition = 0; partition < log.partitions(); ++partition) {
    for (const auto cursor = log.scan(partition, 0); cursor->next().value();) each(*cursor);
  }
}

int run(const std::string& folder, std::uint32_t calls) {
  const std::string log_path = folder + "/log", store_path = folder + "/store";
  std::filesystem::create_directories(folder);
  if (!std::filesystem::exists(log_path)) {
    ManualClock clock(Time{});
    Logger logger({});
    Metrics metrics;
    const auto log = open_embedded_log({.store = {.path = log_path}, .limits = {}}, clock, logger, metrics).value();
    write_log(*log, calls);
    log->stop();
  }
  const auto log = open_embedded_log_reader(log_path).value();
  const auto rules = built_in_rules();
  std::uint64_t events = 0, bytes = 0;
  for_each(*log, [&](const LogCursor& cursor) {
    ++events;
    bytes += cursor.bytes().size();
  });
  std::printf("%llu events, %llu bytes each\n", static_cast<unsigned long long>(events),
              static_cast<unsigned long long>(bytes / events));
  measure("scan", events, [&] { for_each(*log, [&](const LogCursor& cursor) { bytes += cursor.bytes().size(); }); });
  measure("+ decode", events, [&] {
    for_each(*log, [&](const LogCursor& cursor) { bytes += decode_record(cursor.bytes())->body.size(); });
  });
  const auto reader = make_telnyx_reader();
  measure("+ detail", events, [&] {
    for_each(*log, [&](const LogCursor& cursor) {
      const auto record = decode_record(cursor.bytes());
      bytes += reader->detail({record->body}, record->type).from.size();
    });
  });
  for (const unsigned threads : {1U, 2U}) {
    std::filesystem::remove_all(store_path);
    std::unique_ptr<CallStore> store;
    measure(threads == 1 ? "rebuild, 1 thread" : "rebuild, 2 threads", events, [&] {
      store =
          CallStore::make(open_key_value(store_path, KeyValueUse::kBulk).value(), make_shape(log->partitions(), *rules))
              .value();
      catch_up(*store, *log, *rules, threads).value();
      store->flush().value();
    });
    if (threads == 1) {
      measure("digest", events, [&] { store->digest().value(); });
      std::vector<CallFacts> facts;
      KeyList keys;
      store
          ->for_each([&](std::string_view id, std::string_view encoded) {
            facts.push_back(CallFacts::decode(id, encoded).value());
            return true;
          })
          .value();
      measure("encode", events, [&] {
        for (const CallFacts& call : facts) bytes += call.encode().size();
      });
      measure("derive_call", events, [&] {
        for (const CallFacts& call : facts) bytes += derive_call(call).legs.size();
      });
      measure("next_deadline", events, [&] {
        for (const CallFacts& call : facts) bytes += rules->next_deadline(call) ? 1 : 0;
      });
      measure("index_entries", events, [&] {
        for (const CallFacts& call : facts) {
          index_entries(call, *rules, keys);
          bytes += keys.sorted().size();
        }
      });
      std::size_t entries = 0;
      for (const CallFacts& call : facts) {
        index_entries(call, *rules, keys);
        entries += keys.sorted().size();
      }
      std::printf("%zu calls, %.1f index entries a call\n", facts.size(),
                  static_cast<double>(entries) / static_cast<double>(facts.size()));
    }
  }
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  std::printf("resident at most %ld MiB (%llu)\n", usage.ru_maxrss / 1024, static_cast<unsigned long long>(bytes & 1));
  return 0;
}

}  // namespace
}  // namespace hookledger

int main(int argc, char** argv) {
  const auto calls = argc == 3 ? hookledger::parse_unsigned(argv[2]) : std::nullopt;
  if (!calls) {
    std::fputs("usage: rebuild_bench FOLDER CALLS\n", stderr);
    return 2;
  }
  return hookledger::run(argv[1], static_cast<std::uint32_t>(*calls));
}
