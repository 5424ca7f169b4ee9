#include "ingest/kafka/owner_directory.h"

#include "ingest/kafka/client.h"

namespace hookledger::kafka {
namespace {

constexpr int kReadMs = 100, kWriteMs = 5000;
constexpr std::chrono::seconds kClaimAgainEvery{1};

/// What the writes of one call came to; each message points to it.
struct Written {
  std::size_t count = 0;
  rd_kafka_resp_err_t failure = RD_KAFKA_RESP_ERR_NO_ERROR;
};

void note_delivery(const rd_kafka_message_t& message) {
  Written& written = *static_cast<Written*>(message._private);
  ++written.count;
  if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) written.failure = message.err;
}

std::string_view text(const void* bytes, std::size_t size) { return {static_cast<const char*>(bytes), size}; }

}  // namespace

Result<std::unique_ptr<OwnerDirectory>> OwnerDirectory::open(OwnerDirectoryOptions options, Logger& logger) {
  std::unique_ptr<OwnerDirectory> directory(new OwnerDirectory(std::move(options), logger));
  const Cluster& cluster = directory->options_.cluster;
  auto reader = Client::make(RD_KAFKA_CONSUMER, cluster, {{"enable.partition.eof", "true"}}, logger);
  if (!reader) return reader.error();
  auto writer = Client::make(
      RD_KAFKA_PRODUCER, cluster,
      {{"enable.idempotence", "true"}, {"message.timeout.ms", std::to_string(kWriteMs)}, {"linger.ms", "0"}}, logger,
      {.delivered = note_delivery, .rebalance = {}});
  if (!writer) return writer.error();
  directory->reader_ = std::move(*reader);
  directory->writer_ = std::move(*writer);
  directory->thread_ = std::thread([self = directory.get()] { self->follow(); });
  return directory;
}

OwnerDirectory::OwnerDirectory(OwnerDirectoryOptions options, Logger& logger)
    : options_(std::move(options)), topic_(topic_names(options_.cluster.topic).owners), logger_(logger) {}

OwnerDirectory::~OwnerDirectory() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

Result<void> OwnerDirectory::claim(const std::vector<std::uint32_t>& partitions) {
  const std::lock_guard saying(saying_);
  {
    const std::lock_guard lock(mutex_);
    held_.insert(partitions.begin(), partitions.end());
  }
  return say(partitions, true);
}

Result<void> OwnerDirectory::release(const std::vector<std::uint32_t>& partitions) {
  const std::lock_guard saying(saying_);
  {
    const std::lock_guard lock(mutex_);
    for (const std::uint32_t partition : partitions) held_.erase(partition);
  }
  return say(partitions, false);
}

Result<void> OwnerDirectory::say(const std::vector<std::uint32_t>& partitions, bool ours) {
  Written written;
  std::size_t queued = 0;
  for (const std::uint32_t partition : partitions) {
    const std::string key = std::to_string(partition);
    const auto url = ours ? std::optional(options_.url) : std::nullopt;
    std::string value = to_json({partition, url, options_.instance});
    const auto code =
        rd_kafka_producev(writer_->get(), RD_KAFKA_V_TOPIC(topic_.c_str()), RD_KAFKA_V_PARTITION(0),
                          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key.data(), key.size()),
                          RD_KAFKA_V_VALUE(value.data(), value.size()), RD_KAFKA_V_OPAQUE(&written), RD_KAFKA_V_END);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
      ++queued;
    } else {
      written.failure = code;
    }
  }
  while (written.count < queued) rd_kafka_poll(writer_->get(), kReadMs);  // Each is delivered or times out.
  if (written.failure != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return unreachable(*writer_, options_.cluster, written.failure);
  }
  return {};
}

void OwnerDirectory::follow() {
  const TopicHandle topic(rd_kafka_topic_new(reader_->get(), topic_.c_str(), nullptr));
  rd_kafka_consume_start(topic.get(), 0, RD_KAFKA_OFFSET_BEGINNING);
  for (auto claimed_at = std::chrono::steady_clock::now(); !stopping_;) {
    rd_kafka_poll(reader_->get(), 0);  // Brings the complaints.
    const MessageHandle message(rd_kafka_consume(topic.get(), 0, kReadMs));
    if (message && message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      take(text(message->key, message->key_len), text(message->payload, message->len));
    } else if (message && message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      caught_up_ = true;
    }
    if (caught_up_ && std::chrono::steady_clock::now() - claimed_at >= kClaimAgainEvery) {
      claim_again();
      claimed_at = std::chrono::steady_clock::now();
    }
  }
  rd_kafka_consume_stop(topic.get(), 0);
}

void OwnerDirectory::take(std::string_view key, std::string_view value) {
  auto owner = parse_partition_owner(value);
  if (!owner || owner->partition >= options_.partitions || std::to_string(owner->partition) != key) {
    logger_.warning("a message in the topic of owners is none of ours and is ignored", {{"topic", topic_}});
    return;
  }
  const std::lock_guard lock(mutex_);
  const auto current = owners_.find(owner->partition);
  if (owner->url) {
    owners_.insert_or_assign(owner->partition, std::move(*owner));
  } else if (current != owners_.end() && current->second.instance == owner->instance) {
    owners_.erase(current);
  }
}

void OwnerDirectory::claim_again() {
  const std::lock_guard saying(saying_);
  std::vector<std::uint32_t> lost;
  {
    const std::lock_guard lock(mutex_);
    for (const std::uint32_t partition : held_) {
      const auto found = owners_.find(partition);
      if (found == owners_.end() || found->second != PartitionOwner{partition, options_.url, options_.instance}) {
        lost.push_back(partition);
      }
    }
  }
  if (lost.empty()) return;
  if (const auto said = say(lost, true); !said) {
    logger_.warning("cannot claim partitions again", {{"error", said.error().detail}});
  }
}

std::optional<std::string> OwnerDirectory::url_of(std::uint32_t partition) const {
  const std::lock_guard lock(mutex_);
  const auto found = owners_.find(partition);
  return found == owners_.end() ? std::nullopt : found->second.url;
}

std::optional<std::string> OwnerDirectory::not_ready() const {
  if (caught_up_) return std::nullopt;
  const std::string why = reader_->complaint();
  return "topic " + topic_ + " is not read yet" + (why.empty() ? "" : ": " + why);
}

}  // namespace hookledger::kafka
