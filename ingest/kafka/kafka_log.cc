#include "ingest/kafka/kafka_log.h"

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <vector>

#include "ingest/kafka/follower.h"
#include "ingest/kafka/kafka_log_reader.h"
#include "ingest/kafka/keyring.h"
#include "ingest/kafka/spool_drain.h"

namespace hookledger::kafka {
namespace {

constexpr int kMetadataTimeoutMs = 3000;
constexpr std::chrono::milliseconds kKeyWait(1000);

/// Keys of the keyring, which may have to wait for the brokers. Threads: any.
class KeyRegistry {
 public:
  KeyRegistry(LogStore& index, std::unique_ptr<Keyring> keyring) : index_(index), keyring_(std::move(keyring)) {}

  std::optional<Ed25519Key> find(std::string_view key_id) const {
    if (auto key = index_.find_key(key_id)) return key;
    return keyring_->find(key_id);
  }

  /// Durably here; on the brokers by `publish`.
  Result<void> remember(const Ed25519PublicKey& key) {
    if (auto put = index_.put_key(key_id(key), key); !put) return put;
    const std::lock_guard lock(mutex_);
    unpublished_.push_back(key);
    return {};
  }

  /// On one thread. Nothing to do: at once.
  Result<void> publish() {
    while (auto key = next()) {
      if (auto put = keyring_->put(*key); !put) return put;
      const std::lock_guard lock(mutex_);
      std::erase(unpublished_, *key);
      published_.notify_all();
    }
    return {};
  }

  /// Until all are on the brokers, or `timeout`.
  void wait_published(std::chrono::milliseconds timeout) {
    std::unique_lock lock(mutex_);
    published_.wait_for(lock, timeout, [&] { return unpublished_.empty(); });
  }

 private:
  std::optional<Ed25519PublicKey> next() const {
    const std::lock_guard lock(mutex_);
    return unpublished_.empty() ? std::nullopt : std::optional(unpublished_.front());
  }

  LogStore& index_;
  std::unique_ptr<Keyring> keyring_;
  mutable std::mutex mutex_;  ///< Guards `unpublished_`.
  std::condition_variable published_;
  std::vector<Ed25519PublicKey> unpublished_;
};

class KafkaLogParts : public KafkaLog {
 public:
  struct Parts {  // Each is used by those below it.
    std::unique_ptr<const Cluster> cluster;
    std::unique_ptr<LogStore> index;
    std::unique_ptr<Spool> spool;  ///< May be null.
    std::unique_ptr<KafkaLogReader> reader;
    std::unique_ptr<Follower> follower;
    std::unique_ptr<Appender> appender;
    std::unique_ptr<KeyRegistry> keys;
  };

  KafkaLogParts(Parts parts, Logger& logger, Metrics& metrics) : parts_(std::move(parts)) {
    if (!parts_.spool) return;
    drain_.emplace(SpoolDrain::Parts{*parts_.spool, *parts_.appender, *parts_.follower, logger, metrics}, partitions(),
                   [this] { return parts_.keys->publish(); });
  }
  ~KafkaLogParts() override { stop(); }

  std::uint32_t partitions() const override { return parts_.reader->partitions(); }
  std::uint64_t first(std::uint32_t partition) const override { return parts_.reader->first(partition); }
  std::uint64_t end(std::uint32_t partition) const override { return parts_.reader->end(partition); }
  Result<StoredRecord> read(Place place) const override {
    auto record = parts_.reader->read(place);
    if (record) record->deliveries = parts_.index->deliveries(place);
    return record;
  }
  std::unique_ptr<LogCursor> scan(std::uint32_t partition, std::uint64_t from) const override {
    return parts_.reader->scan(partition, from);
  }
  std::optional<Ed25519Key> find_key(std::string_view key_id) const override { return parts_.keys->find(key_id); }
  Result<std::uint64_t> ask_end(std::uint32_t partition, std::chrono::milliseconds timeout) const override {
    return parts_.reader->ask_end(partition, timeout);
  }
  std::uint64_t wait_for_change(std::uint64_t seen, std::chrono::milliseconds timeout) override {
    return parts_.reader->wait_for_change(seen, timeout);
  }

  Result<void> submit(std::span<Append> appends) override { return parts_.appender->submit(appends); }

  Result<void> remember_key(const Ed25519PublicKey& key) override {
    if (auto remembered = parts_.keys->remember(key); !remembered) return remembered;
    if (!parts_.spool) return parts_.keys->publish();
    parts_.keys->wait_published(kKeyWait);  // The drain publishes it, when the brokers are there.
    return {};
  }

  Result<void> remove(std::uint32_t, std::span<const OffsetRange>) override {
    return Error{ErrorCode::kUsage, "records on Kafka go by the retention of their topic: see hookledger topics"};
  }

  LogHealth health() const override { return parts_.appender->health(); }
  LogStatistics statistics() const override {
    const std::uint64_t bytes = parts_.index->bytes_on_disk() + (parts_.spool ? parts_.spool->bytes() : 0);
    return {bytes, parts_.appender->queued(), 0};
  }

  std::optional<std::string> warming() const override {
    if (parts_.spool && parts_.follower->cut_off() && !parts_.spool->closed()) return std::nullopt;
    return parts_.follower->warming();
  }
  SpoolState spool() const override {
    if (!parts_.spool) return {};
    return {parts_.spool->records(), parts_.spool->bytes(), parts_.spool->age()};
  }

  void stop() override {
    if (drain_) drain_->stop();
    parts_.appender->stop();
    if (parts_.spool) parts_.spool->stop();
    parts_.follower->stop();
    (void)parts_.index->flush();  // What fails here is replayed from its write-ahead log.
  }

 private:
  Parts parts_;
  std::optional<SpoolDrain> drain_;  ///< Ends first.
};

/// Of the topic; 0 when the brokers cannot be asked now.
Result<std::uint32_t> ask_partitions(const Cluster& cluster, Logger& logger) {
  const auto client = Client::make(RD_KAFKA_PRODUCER, cluster, {}, logger);
  if (!client) return client.error();
  const auto partitions = partition_count(**client, cluster, cluster.topic, kMetadataTimeoutMs);
  if (partitions || partitions.error().code != ErrorCode::kUnavailable) return partitions;
  logger.warning("starting without the brokers", {{"reason", partitions.error().detail}});
  return 0;
}

/// The index knows the number of partitions from then on.
Result<std::unique_ptr<LogStore>> open_index(const KafkaLogOptions& options, std::uint32_t partitions,
                                             const Clock& clock) {
  const std::filesystem::path path = std::filesystem::path(options.data_dir) / "index";
  std::error_code failed;
  if (partitions == 0 && !std::filesystem::exists(path / "CURRENT", failed)) {
    return Error{ErrorCode::kUnavailable, "the brokers " + options.cluster.brokers +
                                              " cannot be reached, and this data dir was never used with them: start "
                                              "once while they are there"};
  }
  std::filesystem::create_directories(path, failed);
  if (failed) return Error{ErrorCode::kUnavailable, path.string() + " cannot be made: " + failed.message()};
  LogStoreOptions store;
  store.path = path.string();
  store.partitions = partitions;
  store.dedup_window = options.dedup_window;
  auto index = LogStore::open(store, clock);
  if (!index && index.error().code == ErrorCode::kUsage) {
    return Error{ErrorCode::kUsage,
                 "topic " + options.cluster.topic + " has " + std::to_string(partitions) +
                     " partitions now, and had another number when this data dir was made: a call's "
                     "records would be torn apart. Set the topic back, or use another --data-dir and "
                     "a new topic"};
  }
  return index;
}

/// A data dir belongs to one topic: its spool goes there, and its ids are known there.
Result<void> check_origin(LogStore& index, const std::string& topic) {
  const auto origin = index.origin();
  if (!origin) return origin.error();
  if (origin->empty()) return index.set_origin(topic);
  if (*origin == topic) return {};
  return Error{ErrorCode::kUsage, "this data dir belongs to topic " + *origin + ", not to " + topic +
                                      ": give it back, or use another --data-dir"};
}

}  // namespace

Result<std::unique_ptr<KafkaLog>> open_kafka_log(const KafkaLogOptions& options, const Clock& clock, Logger& logger,
                                                 Metrics& metrics) {
  const auto asked = ask_partitions(options.cluster, logger);
  if (!asked) return asked.error();
  KafkaLogParts::Parts parts;
  parts.cluster = std::make_unique<const Cluster>(options.cluster);
  auto index = open_index(options, *asked, clock);
  if (!index) return index.error();
  parts.index = std::move(*index);
  if (auto same = check_origin(*parts.index, options.cluster.topic); !same) return same.error();
  const std::uint32_t partitions = parts.index->partitions();
  if (options.spool) {
    auto spool = Spool::open((std::filesystem::path(options.data_dir) / "spool").string(), partitions, *options.spool,
                             clock, logger, metrics);
    if (!spool) return spool.error();
    parts.spool = std::move(*spool);
  }
  auto reader = make_kafka_log_reader(options.cluster, partitions, logger);
  if (!reader) return reader.error();
  parts.reader = std::move(*reader);
  auto keyring = Keyring::make(options.cluster, logger);
  if (!keyring) return keyring.error();
  parts.keys = std::make_unique<KeyRegistry>(*parts.index, std::move(*keyring));
  auto follower = Follower::make({*parts.cluster, *parts.index, clock, logger}, partitions, options.dedup_window);
  if (!follower) return follower.error();
  parts.follower = std::move(*follower);
  auto appender = Appender::make({*parts.cluster, *parts.index, parts.spool.get(), clock, logger, metrics}, partitions,
                                 options.limits, options.patience);
  if (!appender) return appender.error();
  parts.appender = std::move(*appender);
  return std::unique_ptr<KafkaLog>(std::make_unique<KafkaLogParts>(std::move(parts), logger, metrics));
}

}  // namespace hookledger::kafka
