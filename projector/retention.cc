#include "projector/retention.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "projector/call_index.h"
#include "projector/devices.h"
#include "projector/folding.h"
#include "projector/rates.h"

namespace hookledger {
namespace {

/// Bounds what is held at once, and how long the fold waits.
constexpr std::size_t kBatchRecords = 1 << 14;
/// How many times the share of records that is too much is looked at for calls that can go.
constexpr double kReachMax = 1024;
/// Of a log: even the smallest limit leaves the newest records.
constexpr double kShareMax = 0.95;
/// Records of a partition whose size is taken for all.
constexpr std::size_t kSampleRecords = 256;

/// Removes what is older than a cutoff from one partition, batch by batch.
class Sweep {
 public:
  Sweep(CallStore& store, EventLog& log, const RuleSet& rules, std::uint32_t partition, Time cutoff)
      : store_(store), log_(log), rules_(rules), partition_(partition), cutoff_(cutoff), at_(log.first(partition)) {}

  /// False at the end.
  Result<bool> batch(RetentionDone& done) {
    const auto end = store_.covered(partition_);
    if (!end) return end.error();
    const auto more = read(*end);
    if (!more) return more.error();
    if (const auto removed = remove_calls(done); !removed) return removed.error();
    if (const auto removed = remove_of_devices(); !removed) return removed.error();
    if (!removable_.empty()) {
      // State first, and for good: what it lacks of a call's records goes next time, should this be cut short.
      if (const auto flushed = store_.flush(); !flushed) return flushed.error();
      const auto ranges = make_ranges();
      if (const auto removed = log_.remove(partition_, ranges); !removed) return removed.error();
      done.records += removable_.size();
    }
    return *more;
  }

 private:
  /// Gathers records of no call, and the calls and offsets of the others.
  Result<bool> read(std::uint64_t end) {
    removable_.clear();
    calls_.clear();
    devices_.clear();
    const auto cursor = log_.scan(partition_, at_);
    for (std::size_t i = 0; i < kBatchRecords; ++i) {
      const auto next = cursor->next();
      if (!next) return next.error();
      if (!*next || cursor->place().offset >= end) return false;
      const auto record = decode_record(cursor->bytes());
      if (!record) return record.error();
      if (record->received_at >= cutoff_) return false;
      at_ = cursor->place().offset + 1;
      if (changes_a_call(*record)) {
        calls_.emplace(record->call_id(), cursor->place().offset);
        continue;
      }
      removable_.insert(cursor->place().offset);
      if (changes_a_device(*record)) devices_.emplace(record->key);
    }
    return true;
  }

  Result<void> remove_calls(RetentionDone& done) {
    const std::lock_guard lock(store_.change_mutex(partition_));
    Writes writes;
    for (auto it = calls_.begin(); it != calls_.end();) {
      const auto next = std::find_if(it, calls_.end(), [&](const auto& entry) { return entry.first != it->first; });
      if (const auto removed = remove_call(it, next, writes, done); !removed) return removed;
      it = next;
    }
    return writes.empty() ? Result<void>() : store_.bytes().write(writes);
  }

  /// Takes what is removed out of the devices' own events, and tells their deadlines again.
  Result<void> remove_of_devices() {
    const std::lock_guard lock(store_.change_mutex(partition_));
    Writes writes;
    std::string value;
    for (const std::string& device : devices_) {
      const std::string key = state_key::device(device);
      const auto facts = store_.read(key, value);
      if (!facts) return facts.error();
      if (!*facts) continue;
      const CallFacts rest = (*facts)->without(removable_);
      if (rest.events().empty()) {
        writes.erase(key);
        writes.erase(state_key::fields(key));
        continue;
      }
      rest.encode_to(value);
      writes.put(key, value);
      EventFields fields;
      for (const EventFact& event : rest.events()) fields.add_from(rest.fields(), event.offset);
      fields.encode_to(value);
      writes.put(state_key::fields(key), value);
    }
    if (!writes.empty()) {
      if (auto written = store_.bytes().write(writes); !written) return written;
    }
    return devices_.empty() ? Result<void>() : update_devices(store_, rules_, devices_, partition_);
  }

  using Seen = std::set<std::pair<std::string, std::uint64_t>>;

  /// [first, last): what was read of one call.
  Result<void> remove_call(Seen::const_iterator first, Seen::const_iterator last, Writes& writes, RetentionDone& done) {
    const auto facts = store_.find(first->first);
    if (!facts) return facts.error();
    std::set<std::uint64_t> known;
    bool old = true;
    if (*facts) {
      for (const EventFact& event : (*facts)->events()) {
        known.insert(event.offset);
        old = old && event.received_at < cutoff_;
      }
    }
    // A record that its call does not know is of a call removed before, and was left behind.
    for (auto it = first; it != last; ++it) {
      if (!known.contains(it->second)) removable_.insert(it->second);
    }
    if (!*facts || !old) return {};
    removable_.merge(known);
    writes.erase(state_key::call(first->first));
    if (!(*facts)->fields().empty()) writes.erase(state_key::fields(state_key::call(first->first)));
    for (const Text device : devices_of(**facts)) devices_.emplace((*facts)->text(device));
    KeyList keys;
    index_entries(**facts, rules_, keys);
    for (const std::string_view key : keys.sorted()) writes.erase(key);
    ++done.calls;
    return {};
  }

  std::vector<OffsetRange> make_ranges() const {
    std::vector<OffsetRange> ranges;
    for (const std::uint64_t offset : removable_) {
      if (ranges.empty() || ranges.back().last != offset) ranges.push_back({offset, offset});
      ++ranges.back().last;
    }
    return ranges;
  }

  CallStore& store_;
  EventLog& log_;
  const RuleSet& rules_;
  const std::uint32_t partition_;
  const Time cutoff_;
  std::uint64_t at_;
  std::set<std::uint64_t> removable_;
  Seen calls_;
  DeviceIds devices_;  ///< That something is removed of.
};

/// False when `keep_going` said so.
Result<bool> remove_before(Time cutoff, CallStore& store, EventLog& log, const RuleSet& rules,
                           const std::function<bool()>& keep_going, RetentionDone& done) {
  if (const auto forgotten = forget_counted(store, cutoff); !forgotten) return forgotten.error();
  for (std::uint32_t partition = 0; partition < log.partitions(); ++partition) {
    Sweep sweep(store, log, rules, partition, cutoff);
    while (true) {
      if (!keep_going()) return false;
      const auto more = sweep.batch(done);
      if (!more) return more.error();
      if (!*more) break;
    }
  }
  return true;
}

struct Size {
  double records = 0, bytes = 0;
};

/// What the log holds: bytes on disk, or what its records come to, as a disk gives space back late.
Result<Size> measure(const EventLog& log) {
  std::uint64_t sampled = 0, sampled_bytes = 0, records = 0;
  for (std::uint32_t partition = 0; partition < log.partitions(); ++partition) {
    records += log.end(partition) - log.first(partition);
    const auto cursor = log.scan(partition, log.first(partition));
    for (std::size_t i = 0; i < kSampleRecords; ++i) {
      const auto next = cursor->next();
      if (!next) return next.error();
      if (!*next) break;
      ++sampled;
      sampled_bytes += cursor->bytes().size();
    }
  }
  if (sampled == 0) return Size{};
  // Retention leaves gaps between offsets: what is there counts, not what was given.
  const LogStatistics statistics = log.statistics();
  const auto count = static_cast<double>(statistics.records == 0 ? records : std::min(records, statistics.records));
  const double by_record = static_cast<double>(sampled_bytes) / static_cast<double>(sampled);
  return Size{count, std::min(static_cast<double>(statistics.bytes_on_disk), count * by_record)};
}

/// By when at most this share of every partition's records had been received, about; the beginning of time when no
/// record tells.
Result<Time> time_at_share(const EventLog& log, double share) {
  Time earliest = Time::max();
  for (std::uint32_t partition = 0; partition < log.partitions(); ++partition) {
    const std::uint64_t first = log.first(partition), count = log.end(partition) - first;
    const auto cursor = log.scan(partition, first + static_cast<std::uint64_t>(static_cast<double>(count) * share));
    const auto next = cursor->next();
    if (!next) return next.error();
    if (!*next) continue;
    const auto record = decode_record(cursor->bytes());
    if (!record) return record.error();
    earliest = std::min(earliest, record->received_at);
  }
  return earliest == Time::max() ? Time::min() : earliest;
}

Result<void> shrink(std::uint64_t limit, CallStore& store, EventLog& log, const RuleSet& rules,
                    const std::function<bool()>& keep_going, RetentionDone& done) {
  const auto size = measure(log);
  if (!size) return size.error();
  const auto allowed = static_cast<double>(limit);
  const std::uint64_t removed_before = done.records;
  // Calls that go on longer than others hold a step back; then the next one reaches further.
  for (double reach = 1; reach <= kReachMax;) {
    const double gone = static_cast<double>(done.records - removed_before) / size->records;
    const double excess = 1 - gone - allowed / size->bytes;
    if (!(excess > 0)) return {};
    const auto cutoff = time_at_share(log, std::min(kShareMax, excess * reach));
    if (!cutoff) return cutoff.error();
    const std::uint64_t before = done.records;
    const auto removed = remove_before(*cutoff, store, log, rules, keep_going, done);
    if (!removed) return removed.error();
    if (!*removed) return {};
    if (done.records == before) reach *= 2;
  }
  return {};
}

}  // namespace

Result<RetentionDone> apply_retention(const RetentionLimits& limits, CallStore& store, EventLog& log,
                                      const RuleSet& rules, Time now, const std::function<bool()>& keep_going) {
  RetentionDone done;
  if (limits.age) {
    const auto removed = remove_before(now - *limits.age, store, log, rules, keep_going, done);
    if (!removed) return removed.error();
    if (!*removed) return done;
  }
  if (limits.bytes) {
    const auto shrunk = shrink(*limits.bytes, store, log, rules, keep_going, done);
    if (!shrunk) return shrunk.error();
  }
  return done;
}

}  // namespace hookledger
