#include "tools/weak_topics.h"

#include "ingest/kafka/topics.h"

namespace hookledger {
namespace {

constexpr std::chrono::milliseconds kAskTimeout(2000);

}  // namespace

void warn_of_weak_topics(const kafka::Cluster& cluster, const kafka::Demands& demands, Logger& logger) {
  const auto found = kafka::weaknesses(cluster, demands, kAskTimeout, logger);
  if (!found) return;
  for (const kafka::Weakness& weakness : *found) {
    logger.warning("a setting of a topic weakens a guarantee", {{"topic", weakness.topic},
                                                                {"guarantees", weakness.guarantees},
                                                                {"what", weakness.what},
                                                                {"remedy", weakness.remedy}});
  }
}

}  // namespace hookledger
