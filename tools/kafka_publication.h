#pragma once

#include "ingest/kafka/transactions.h"
#include "projector/publication.h"

namespace hookledger {

/// Publishes on the brokers: one transaction with the group's progress. `group` and `logger` outlive it.
std::unique_ptr<Publication> make_kafka_publication(const kafka::Cluster& cluster, const kafka::ConsumerGroup& group,
                                                    std::string_view instance, Logger& logger);

}  // namespace hookledger
