#pragma once

#include "ingest/kafka/cluster.h"
#include "tests/bench/bench.h"

namespace hookledger::bench {

/// A new topic with the records of the prepared log, appended as a sink does.
struct FilledTopic {
  kafka::Cluster cluster;
  std::uint64_t events = 0;
  std::uint64_t message_bytes = 0;  ///< Of an average message: key, value and headers.
  double seconds = 0;               ///< Until all were acknowledged.
};
FilledTopic fill_topic(const Bench& bench);

}  // namespace hookledger::bench
