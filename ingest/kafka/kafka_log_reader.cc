#include "ingest/kafka/kafka_log_reader.h"

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "ingest/kafka/fetcher.h"
#include "ingest/kafka/keyring.h"
#include "ingest/kafka/message.h"

namespace hookledger::kafka {
namespace {

constexpr int kMetadataTimeoutMs = 10'000;
/// Records of a scan beyond which it has a client of its own: one that waits for news of other partitions holds it up.
constexpr std::uint64_t kNearMax = 10'000;
/// Of one record: what comes with it is thrown away, and what is not there yet is not waited for.
const FetchAhead kOneRecord{.request_bytes = "65536", .queue_kilobytes = "64", .gather_bytes = "1", .gather_ms = "50"};

class Cursor : public LogCursor {
 public:
  /// `own`: a fetcher that nobody else has, or null.
  Cursor(std::unique_ptr<Fetcher> own, std::unique_ptr<Fetcher::Reading> reading, std::uint64_t end)
      : own_(std::move(own)), reading_(std::move(reading)), end_(end) {}

  Result<bool> next() override {
    const auto message = reading_->next_below(end_);
    if (!message) return message.error();
    if (*message == nullptr) return false;
    view_message(**message, view_);
    place_ = view_.place;
    bytes_ = encode_record(records_.record(view_));
    return true;
  }
  Place place() const override { return place_; }
  std::string_view bytes() const override { return bytes_; }

 private:
  std::unique_ptr<Fetcher> own_;
  std::unique_ptr<Fetcher::Reading> reading_;
  const std::uint64_t end_;
  MessageView view_;
  MessageReader records_;
  Place place_;
  std::string bytes_;
};

/// An empty partition, or why it cannot be read.
class NoCursor : public LogCursor {
 public:
  explicit NoCursor(Result<bool> answer) : answer_(std::move(answer)) {}
  Result<bool> next() override { return answer_; }
  Place place() const override { return {}; }
  std::string_view bytes() const override { return {}; }

 private:
  const Result<bool> answer_;
};

class Reader : public KafkaLogReader {
 public:
  Reader(const Cluster& cluster, std::uint32_t partitions, std::shared_ptr<const Client> asks,
         std::unique_ptr<Fetcher> scans, std::unique_ptr<Fetcher> reads, std::unique_ptr<Keyring> keyring,
         Logger& logger)
      : cluster_(cluster),
        logger_(logger),
        ends_(partitions),
        asks_(std::move(asks)),
        scans_(std::move(scans)),
        reads_(std::move(reads)),
        keyring_(std::move(keyring)) {}

  std::uint32_t partitions() const override { return static_cast<std::uint32_t>(ends_.size()); }

  std::uint64_t first(std::uint32_t partition) const override {
    const auto first = scans_->first(partition);
    return first ? *first : ends_[partition].load();
  }

  std::uint64_t end(std::uint32_t partition) const override {
    (void)ask_end(partition, kRequestTimeout);
    return ends_[partition];
  }

  Result<std::uint64_t> ask_end(std::uint32_t partition, std::chrono::milliseconds timeout) const override {
    const auto end = scans_->end(partition, timeout);
    if (end) ends_[partition] = *end;
    return end;
  }

  Result<StoredRecord> read(Place place) const override {
    const Error missing{ErrorCode::kNotFound,
                        "no record at " + std::to_string(place.partition) + "/" + std::to_string(place.offset)};
    if (place.partition >= partitions()) return missing;
    const auto end = ask_end(place.partition, kRequestTimeout);
    if (!end) return end.error();
    if (place.offset >= *end) return missing;
    const std::lock_guard lock(read_mutex_);
    auto record = read_one(place);
    if (record && !*record) return missing;
    if (!record) return record.error();
    return std::move(**record);
  }

  std::unique_ptr<LogCursor> scan(std::uint32_t partition, std::uint64_t from) const override {
    const auto first = scans_->first(partition);
    if (!first) return std::make_unique<NoCursor>(first.error());
    const auto end = ask_end(partition, kRequestTimeout);
    if (!end) return std::make_unique<NoCursor>(end.error());
    from = std::max(from, *first);
    if (from >= *end) return std::make_unique<NoCursor>(false);
    if (*end - from <= kNearMax) {
      auto reading = scans_->read(partition, from);
      if (!reading) return std::make_unique<NoCursor>(reading.error());
      if (*reading) return std::make_unique<Cursor>(nullptr, std::move(*reading), *end);
    }
    // The way is long, or somebody reads that partition already: another client.
    auto own = Fetcher::make(cluster_, asks_, cluster_.topic, partitions(), {}, logger_);
    if (!own) return std::make_unique<NoCursor>(own.error());
    auto reading = (*own)->read(partition, from);
    if (!reading) return std::make_unique<NoCursor>(reading.error());
    return std::make_unique<Cursor>(std::move(*own), std::move(*reading), *end);
  }

  std::optional<Ed25519Key> find_key(std::string_view key_id) const override { return keyring_->find(key_id); }

  std::uint64_t wait_for_change(std::uint64_t seen, std::chrono::milliseconds timeout) override {
    std::unique_lock lock(change_mutex_);
    change_.wait_for(lock, timeout, [&] { return changes_ != seen; });
    return changes_;
  }

  Result<void> await_topic() const {
    auto known = scans_->await_topic();
    return known ? reads_->await_topic() : known;
  }

  Result<void> watch(std::uint32_t partition) override {
    return scans_->watch(
        partition, [](rd_kafka_t*, void* self) { static_cast<Reader*>(self)->note_change(); }, this);
  }

 private:
  /// Nothing when retention has just removed it.
  Result<std::optional<StoredRecord>> read_one(Place place) const {
    const auto reading = reads_->read(place.partition, place.offset);
    if (!reading) return reading.error();
    const auto message = (*reading)->next_below(place.offset + 1);
    if (!message) return message.error();
    if (*message == nullptr) return std::optional<StoredRecord>();
    MessageView view;
    view_message(**message, view);
    MessageReader records;
    return std::optional(StoredRecord{place, encode_record(records.record(view)), 1});
  }

  void note_change() {
    {
      const std::lock_guard lock(change_mutex_);
      ++changes_;
    }
    change_.notify_all();
  }

  const Cluster cluster_;
  Logger& logger_;
  mutable std::vector<std::atomic<std::uint64_t>> ends_;

  std::mutex change_mutex_;  ///< Guards `changes_`.
  std::condition_variable change_;
  std::uint64_t changes_ = 1;

  mutable std::mutex read_mutex_;  ///< Held by whoever reads single records.
  const std::shared_ptr<const Client> asks_;
  std::unique_ptr<Fetcher> scans_, reads_;
  std::unique_ptr<Keyring> keyring_;
};

Result<std::unique_ptr<Reader>> make_reader(const Cluster& cluster, std::uint32_t partitions, Logger& logger) {
  auto asks = make_asking_client(cluster, logger);
  if (!asks) return asks.error();
  auto scans = Fetcher::make(cluster, *asks, cluster.topic, partitions, {}, logger);
  if (!scans) return scans.error();
  auto reads = Fetcher::make(cluster, *asks, cluster.topic, partitions, kOneRecord, logger);
  if (!reads) return reads.error();
  auto keyring = Keyring::make(cluster, logger);
  if (!keyring) return keyring.error();
  return std::make_unique<Reader>(cluster, partitions, *asks, std::move(*scans), std::move(*reads), std::move(*keyring),
                                  logger);
}

}  // namespace

Result<std::unique_ptr<KafkaLogReader>> open_kafka_log_reader(const Cluster& cluster, Logger& logger) {
  const auto client = Client::make(RD_KAFKA_CONSUMER, cluster, {}, logger);
  if (!client) return client.error();
  const auto partitions = partition_count(**client, cluster, cluster.topic, kMetadataTimeoutMs);
  if (!partitions) return partitions.error();
  auto reader = make_reader(cluster, *partitions, logger);
  if (!reader) return reader.error();
  if (auto known = (*reader)->await_topic(); !known) return known.error();
  return std::unique_ptr<KafkaLogReader>(std::move(*reader));
}

Result<std::unique_ptr<KafkaLogReader>> make_kafka_log_reader(const Cluster& cluster, std::uint32_t partitions,
                                                              Logger& logger) {
  auto reader = make_reader(cluster, partitions, logger);
  if (!reader) return reader.error();
  return std::unique_ptr<KafkaLogReader>(std::move(*reader));
}

}  // namespace hookledger::kafka
