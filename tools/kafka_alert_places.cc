#include "tools/kafka_alert_places.h"

#include "ingest/kafka/group_offsets.h"

namespace hookledger {
namespace {

class KafkaAlertPlaces final : public AlertPlaces {
 public:
  explicit KafkaAlertPlaces(std::unique_ptr<kafka::GroupOffsets> offsets) : offsets_(std::move(offsets)) {}

  Result<std::optional<AlertPlace>> load(std::uint32_t partition) override {
    const auto found = offsets_->load({partition});
    if (!found) return found.error();
    const auto at = found->find(partition);
    if (at == found->end()) return std::optional<AlertPlace>();
    return read_alert_place(at->second.offset, at->second.note);
  }

  Result<void> store(const ByPartition& places) override {
    kafka::ProgressByPartition progress;
    for (const auto& [partition, place] : places) progress[partition] = {place.offset, alert_place_note(place)};
    return offsets_->store(progress);
  }

 private:
  const std::unique_ptr<kafka::GroupOffsets> offsets_;
};

Result<std::unique_ptr<AlertPlaces>> make_places(const kafka::Cluster& cluster, const std::string& reader,
                                                 Logger& logger) {
  auto offsets = kafka::GroupOffsets::make(cluster, kafka::topic_names(cluster.topic).group + reader, logger);
  if (!offsets) return offsets.error();
  return std::unique_ptr<AlertPlaces>(std::make_unique<KafkaAlertPlaces>(std::move(*offsets)));
}

}  // namespace

Result<Alerts::Places> make_kafka_alert_places(const kafka::Cluster& cluster, const std::string& alert,
                                               Logger& logger) {
  auto of_calls = make_places(cluster, ".alert." + alert, logger);
  if (!of_calls) return of_calls.error();
  auto of_subjects = make_places(cluster, ".alert-subjects." + alert, logger);
  if (!of_subjects) return of_subjects.error();
  return Alerts::Places{std::move(*of_calls), std::move(*of_subjects)};
}

}  // namespace hookledger
