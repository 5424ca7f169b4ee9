#include "tools/kafka_publication.h"

namespace hookledger {
namespace {

constexpr std::size_t kKeyShown = 100;

class KafkaPublication final : public Publication {
 public:
  KafkaPublication(const kafka::Cluster& cluster, const kafka::ConsumerGroup& group, std::string_view instance,
                   Logger& logger)
      : group_(group), logger_(logger), transactions_(cluster, group, instance, logger) {}

  Result<Published> published(std::uint32_t partition) override {
    const auto committed = group_.committed(partition);
    if (!committed) return committed.error();
    if (!*committed) return Published{};
    return read_published((*committed)->offset, (*committed)->note);
  }

  Result<void> publish(const std::vector<Message>& messages,
                       const std::map<std::uint32_t, Published>& progress) override {
    const auto done = try_to_publish(messages, progress);
    if (!done) transactions_.abort();
    return done;
  }

 private:
  Result<void> try_to_publish(const std::vector<Message>& messages,
                              const std::map<std::uint32_t, Published>& progress) {
    if (const auto begun = transactions_.begin(); !begun) return begun;
    for (const Message& message : messages) {
      const std::string& topic = message.topic == Topic::kCalls ? group_.names().calls : group_.names().findings;
      const auto sent = transactions_.send(topic, message.partition, message.key, message.value);
      if (sent) continue;
      if (sent.error().code != ErrorCode::kInvalid) return sent;
      logger_.error("a message is left out", {{"key", message.key.substr(0, kKeyShown)}, {"error", sent.error().detail}});
    }
    std::map<std::uint32_t, kafka::Progress> offsets;
    for (const auto& [partition, published] : progress) {
      offsets[partition] = {published.offset, published_note(published)};
    }
    return transactions_.commit(offsets);
  }

  const kafka::ConsumerGroup& group_;
  Logger& logger_;
  kafka::Transactions transactions_;
};

}  // namespace

std::unique_ptr<Publication> make_kafka_publication(const kafka::Cluster& cluster, const kafka::ConsumerGroup& group,
                                                    std::string_view instance, Logger& logger) {
  return std::make_unique<KafkaPublication>(cluster, group, instance, logger);
}

}  // namespace hookledger
