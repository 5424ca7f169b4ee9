#include "ingest/log/embedded_log.h"

namespace hookledger {
namespace {

class EmbeddedLog : public EventLog {
 public:
  EmbeddedLog(std::unique_ptr<LogStore> store, std::vector<std::uint64_t> next, const CommitLimits& limits,
              const Clock& clock, Logger& logger, Metrics& metrics)
      : store_(std::move(store)), committer_(*store_, std::move(next), limits, clock, logger, metrics) {}

  std::uint32_t partitions() const override { return store_->partitions(); }
  std::uint64_t first(std::uint32_t partition) const override { return store_->first(partition, end(partition)); }
  std::uint64_t end(std::uint32_t partition) const override { return committer_.end(partition); }
  Result<StoredRecord> read(Place place) const override { return store_->read(place); }
  std::unique_ptr<LogCursor> scan(std::uint32_t partition, std::uint64_t from) const override {
    return store_->scan(partition, from);
  }
  std::optional<Ed25519Key> find_key(std::string_view key_id) const override { return store_->find_key(key_id); }

  Result<void> submit(std::span<Append> appends) override { return committer_.submit(appends); }
  Result<void> remember_key(const Ed25519PublicKey& key) override {
    const std::string id = key_id(key);
    if (store_->find_key(id)) return {};
    return store_->put_key(id, key);
  }
  Result<void> remove(std::uint32_t partition, std::span<const OffsetRange> ranges) override {
    return store_->remove(partition, ranges, committer_.end(partition));
  }
  LogHealth health() const override { return committer_.health(); }
  LogStatistics statistics() const override {
    return {store_->bytes_on_disk(), committer_.queued(), store_->records()};
  }
  std::uint64_t wait_for_change(std::uint64_t seen, std::chrono::milliseconds timeout) override {
    return committer_.wait_for_change(seen, timeout);
  }
  void stop() override {
    committer_.stop();
    if (committer_.health().writable) (void)store_->flush();  // What fails here is replayed from the WAL.
  }

 private:
  std::unique_ptr<LogStore> store_;
  Committer committer_;
};

class EmbeddedLogReader : public LogReader {
 public:
  EmbeddedLogReader(std::unique_ptr<LogStore> store, std::vector<std::uint64_t> ends)
      : store_(std::move(store)), ends_(std::move(ends)) {}

  std::uint32_t partitions() const override { return store_->partitions(); }
  std::uint64_t first(std::uint32_t partition) const override { return store_->first(partition, end(partition)); }
  std::uint64_t end(std::uint32_t partition) const override { return ends_[partition]; }
  Result<StoredRecord> read(Place place) const override { return store_->read(place); }
  std::unique_ptr<LogCursor> scan(std::uint32_t partition, std::uint64_t from) const override {
    return store_->scan(partition, from);
  }
  std::optional<Ed25519Key> find_key(std::string_view key_id) const override { return store_->find_key(key_id); }

 private:
  std::unique_ptr<LogStore> store_;
  const std::vector<std::uint64_t> ends_;
};

}  // namespace

std::string dedup_key(std::string_view source, std::string_view event_id, Provenance provenance) {
  std::string key;
  key.reserve(2 + source.size() + event_id.size());
  if (stands_in(provenance)) key.push_back('\0');  // No name of a source is empty.
  key.append(source).push_back('\0');
  return key.append(event_id);
}

Append make_append(const RecordView& record, std::string encoded, std::uint32_t partition) {
  Append append;
  append.dedup_key = dedup_key(record.source, record.id, record.provenance);
  if (stands_in(record.provenance)) append.unless_known = dedup_key(record.source, record.id);
  append.partition = partition;
  append.record = std::move(encoded);
  return append;
}

Result<std::unique_ptr<EventLog>> open_embedded_log(const EmbeddedLogOptions& options, const Clock& clock,
                                                    Logger& logger, Metrics& metrics) {
  auto store = LogStore::open(options.store, clock);
  if (!store) return store.error();
  auto next = (*store)->next_offsets();
  if (!next) return next.error();
  return std::unique_ptr<EventLog>(
      std::make_unique<EmbeddedLog>(std::move(*store), std::move(*next), options.limits, clock, logger, metrics));
}

Result<std::unique_ptr<LogReader>> open_embedded_log_reader(const std::string& path) {
  auto store = LogStore::open_reader(path);
  if (!store) return store.error();
  auto ends = (*store)->next_offsets();
  if (!ends) return ends.error();
  return std::unique_ptr<LogReader>(std::make_unique<EmbeddedLogReader>(std::move(*store), std::move(*ends)));
}

}  // namespace hookledger
