#pragma once

#include <map>
#include <utility>
#include <vector>

#include "ingest/log/event_log.h"

namespace hookledger::testing {

/// A log in memory, for tests of what reads one. One thread. Also does what no log should: changes and
/// loses records.
class MemoryLog : public LogReader {
 public:
  explicit MemoryLog(std::uint32_t partition_count = 1) : partitions_(partition_count) {}

  /// Appends to the partition of the record's key.
  Place append(const RecordView& record, std::uint32_t deliveries = 1) {
    Place place{partition_of(record.key, partitions()), 0};
    auto& records = partitions_[place.partition];
    place.offset = end(place.partition);
    records[place.offset] = {place, encode_record(record), deliveries};
    ends_[place.partition] = place.offset + 1;
    return place;
  }
  void deliver_again(Place place) { ++partitions_[place.partition].at(place.offset).deliveries; }
  void replace(Place place, std::string bytes) {
    partitions_[place.partition].at(place.offset).bytes = std::move(bytes);
  }
  void lose(Place place) { partitions_[place.partition].erase(place.offset); }
  void remember_key(const Ed25519PublicKey& key) { keys_[key_id(key)] = key; }
  void forget_keys() { keys_.clear(); }

  std::uint32_t partitions() const override { return static_cast<std::uint32_t>(partitions_.size()); }
  std::uint64_t first(std::uint32_t partition) const override {
    const auto& records = partitions_.at(partition);
    return records.empty() ? end(partition) : records.begin()->first;
  }
  std::uint64_t end(std::uint32_t partition) const override {
    const auto found = ends_.find(partition);
    return found == ends_.end() ? 0 : found->second;
  }
  Result<StoredRecord> read(Place place) const override {
    if (place.partition >= partitions()) return Error{ErrorCode::kNotFound, "no such partition"};
    const auto& records = partitions_[place.partition];
    const auto found = records.find(place.offset);
    if (found == records.end()) return Error{ErrorCode::kNotFound, "no such record"};
    return found->second;
  }
  std::unique_ptr<LogCursor> scan(std::uint32_t partition, std::uint64_t from) const override {
    return std::make_unique<Cursor>(partitions_.at(partition), from);
  }
  std::optional<Ed25519Key> find_key(std::string_view id) const override {
    const auto found = keys_.find(id);
    return found == keys_.end() ? std::nullopt : std::optional(Ed25519Key(found->second));
  }

 private:
  using Records = std::map<std::uint64_t, StoredRecord>;

  class Cursor : public LogCursor {
   public:
    Cursor(const Records& records, std::uint64_t from)
        : records_(records.lower_bound(from), records.end()), at_(records_.end()) {}
    Result<bool> next() override {
      at_ = started_ ? std::next(at_) : records_.begin();
      started_ = true;
      return at_ != records_.end();
    }
    Place place() const override { return at_->second.place; }
    std::string_view bytes() const override { return at_->second.bytes; }

   private:
    const Records records_;
    Records::const_iterator at_;
    bool started_ = false;
  };

  std::vector<Records> partitions_;
  std::map<std::uint32_t, std::uint64_t> ends_;
  std::map<std::string, Ed25519PublicKey, std::less<>> keys_;
};

}  // namespace hookledger::testing
