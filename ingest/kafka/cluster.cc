#include "ingest/kafka/cluster.h"

namespace hookledger::kafka {

TopicNames topic_names(std::string_view events) {
  const std::string family(events.substr(0, events.rfind('.')));
  return {.events = std::string(events),
          .calls = family + ".calls",
          .findings = family + ".findings",
          .keys = family + ".keys",
          .owners = family + ".owners",
          .group = family + ".project"};
}

}  // namespace hookledger::kafka
