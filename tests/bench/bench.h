#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "schemas/clock.h"

namespace hookledger::bench {

/// One line of the performance table. Empty cells: there is nothing to compare with.
struct Row {
  std::string work, result, floor, ratio, goal;
  std::string met;  ///< "yes" or "no".
};

class Brokers;

/// What a measurement gets, and where it puts what it found. One thread.
struct Bench {
  const Clock& clock;
  std::string program;               ///< Path of hookledger.
  std::string folder;                ///< For everything written; on the file system that is measured.
  std::uint64_t events;              ///< In the prepared log.
  bool full;                         ///< Longer runs.
  const Brokers* brokers = nullptr;  ///< Of the measurements on Kafka; the others have none.

  std::vector<Row> rows{};
  std::vector<std::string> notes{};  ///< Sizes and circumstances, one line each.
};

/// Says on stderr what is going on.
template <class... Values>
void say(const char* format, Values... values) {
  std::fprintf(stderr, format, values...);
  std::fputc('\n', stderr);
}

template <class... Values>
std::string text(const char* format, Values... values) {
  char buffer[256];
  std::snprintf(buffer, sizeof buffer, format, values...);
  return buffer;
}

/// A ratio against its goal. `at_least`: more is better.
Row compared(std::string work, std::string result, std::string floor, double ratio, double goal, bool at_least);

/// The measurements. Each throws when the world fails: there is no table without them.
void measure_sink(Bench& bench);          ///< Webhooks per CPU-second, and memory, at full load.
void measure_latency(Bench& bench);       ///< Of a durable 200 at half load.
void measure_rebuild(Bench& bench);       ///< From the log to queryable state.
void measure_rules(Bench& bench);         ///< What rules add to a rebuild.
void measure_forensic(Bench& bench);      ///< Reading one call among many.
void measure_scan(Bench& bench);          ///< What is due among what is open.
void measure_redeliver(Bench& bench);     ///< Records to an application, against a bare client.
void measure_subscription(Bench& bench);  ///< From a record's receipt until an application has it.

void measure_kafka_sink(Bench& bench);     ///< As measure_sink, on Kafka.
void measure_kafka_log(Bench& bench);      ///< Appends, against Kafka's own load generator.
void measure_kafka_rebuild(Bench& bench);  ///< From the topic to queryable state, against a consumer that only counts.
void measure_kafka_outage(Bench& bench);   ///< The longest time to a 200 while all brokers are away.

/// Machine, system and file system, one line each.
std::vector<std::string> conditions(const std::string& folder);

}  // namespace hookledger::bench
