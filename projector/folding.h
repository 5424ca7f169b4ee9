#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ingest/log/event_log.h"
#include "projector/call_store.h"
#include "projector/key_list.h"
#include "projector/rules/rule_set.h"
#include "projector/seen_calls.h"
#include "schemas/sources/event_readers.h"

namespace hookledger {

/// Folds records into a store: many events, one write that holds calls, index entries and the covered offset
/// (G6). One thread. While a batch is open, hold `CallStore::change_mutex` of its partition.
class Folding {
 public:
  Folding(CallStore& store, const RuleSet& rules);
  ~Folding();

  /// What follows is a partition from its beginning, this many records: the store has none of its calls.
  void begin_anew(std::uint64_t records) { new_calls_.emplace(records); }
  /// What follows is not.
  void go_on();

  /// Adds the record at `place`; a batch is of one partition, in order. Errors: kCorruption (names the place),
  /// kUnavailable; then nothing was added.
  Result<void> add(Place place, std::string_view record);
  /// Writes what was added, and `covered` as the partition's covered offset, and begins a new batch; on an error too.
  Result<void> commit(std::uint32_t partition, std::uint64_t covered);
  /// Of the batch, roughly.
  std::size_t bytes() const { return bytes_; }

 private:
  struct Entry;
  using Entries = std::unordered_map<std::string_view, std::unique_ptr<Entry>>;  ///< Keys point into the entries.

  Result<Entry*> call_entry(std::string_view call_id, std::uint32_t partition);
  Result<Entry*> device_entry(std::string_view device_id, std::uint32_t partition);
  Result<Entry*> stored_entry(Entries& entries, const std::string& key, std::uint32_t partition);
  Entry* new_entry(Entries& entries, std::string_view id, std::uint32_t partition, std::optional<CallFacts> known);
  void add_to(Entry& entry, const RecordView& record, std::uint64_t offset, bool is_call);
  void write_call(Entry& entry);
  void write_facts(const std::string& key, const CallFacts& facts);
  void note_change(std::string_view device, std::uint32_t partition);

  CallStore& store_;
  const RuleSet& rules_;
  EventReaders readers_;
  Entries calls_, devices_;                             ///< Of devices, their own events.
  std::set<std::string, std::less<>> changed_devices_;  ///< By the batch.
  std::vector<std::unique_ptr<Entry>> spare_;           ///< Of the batch before, while a partition is folded anew.
  std::optional<SeenCalls> new_calls_;
  Writes writes_;
  std::string value_;
  FieldValues fields_;
  KeyList keys_;
  std::size_t bytes_ = 0;
};

/// Does the fold add the record to a call, to a device's own events? Others are in the log alone.
bool changes_a_call(const RecordView& record);
bool changes_a_device(const RecordView& record);

/// Makes `fields` what of the record's body the rules need.
void read_fields(const RecordView& record, const EventBody& body, bool telemetry, const RuleSet& rules,
                 EventReader& reader, FieldValues& fields);

/// Makes `keys` those of a call's index entries as its facts and the rules give them.
void index_entries(const CallFacts& facts, const RuleSet& rules, KeyList& keys);

/// Folds one partition from offset `from`, its covered offset, up to `end` (at most the log's). `folded` is told how
/// far it got after every write, and ends it by returning false. What stands before an error is folded.
/// Errors: kCorruption (names the place), kUnavailable.
Result<void> fold_partition(Folding& folding, CallStore& store, const LogReader& log, std::uint32_t partition,
                            std::uint64_t from, std::uint64_t end,
                            const std::function<bool(std::uint64_t covered)>& folded);

/// Records, of how many.
struct FoldProgress {
  std::uint64_t done = 0, total = 0;
};

/// Folds everything that was durable at the call, on `threads` threads (an overlay: 1, the caller's). `progress`
/// is called from any of them, one at a time. Errors: the first; the other partitions are folded nevertheless.
Result<void> catch_up(CallStore& store, const LogReader& log, const RuleSet& rules, unsigned threads,
                      const std::function<void(const FoldProgress&)>& progress = {});

}  // namespace hookledger
