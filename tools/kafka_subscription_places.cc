#include "tools/kafka_subscription_places.h"

#include "ingest/kafka/group_offsets.h"

namespace hookledger {
namespace {

class KafkaSubscriptionPlaces final : public SubscriptionPlaces {
 public:
  explicit KafkaSubscriptionPlaces(std::unique_ptr<kafka::GroupOffsets> offsets) : offsets_(std::move(offsets)) {}

  Result<std::optional<OffsetSet>> load(std::uint32_t partition) override {
    const auto found = offsets_->load({partition});
    if (!found) return found.error();
    const auto at = found->find(partition);
    if (at == found->end()) return std::optional<OffsetSet>();
    // A note that is none of ours: somebody set the group's offsets by hand.
    auto done = read_place(at->second.offset, at->second.note);
    return done ? done : read_place(at->second.offset, {});
  }

  Result<void> store(const ByPartition& done) override {
    kafka::ProgressByPartition progress;
    for (const auto& [partition, set] : done) {
      auto place = write_place(set, kafka::GroupOffsets::kNoteBytesMax);
      progress[partition] = {place.offset, std::move(place.note)};
    }
    return offsets_->store(progress);
  }

 private:
  const std::unique_ptr<kafka::GroupOffsets> offsets_;
};

}  // namespace

Result<std::unique_ptr<SubscriptionPlaces>> make_kafka_subscription_places(const kafka::Cluster& cluster,
                                                                           const std::string& subscription,
                                                                           Logger& logger) {
  auto offsets = kafka::GroupOffsets::make(
      cluster, kafka::topic_names(cluster.topic).group + ".subscription." + subscription, logger);
  if (!offsets) return offsets.error();
  return std::unique_ptr<SubscriptionPlaces>(std::make_unique<KafkaSubscriptionPlaces>(std::move(*offsets)));
}

}  // namespace hookledger
