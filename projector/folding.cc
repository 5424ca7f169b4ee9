#include "projector/folding.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "projector/call_outline.h"
#include "projector/devices.h"
#include "projector/rates.h"
#include "schemas/codec.h"

namespace hookledger {
namespace {

/// Bounds of a batch: what it holds, and for how long a partition shows no progress.
constexpr std::size_t kBatchBytesMax = 32 << 20;
constexpr std::size_t kBatchRecordsMax = 1 << 18;
/// What a call and an event in a batch weigh, about, with their strings.
constexpr std::size_t kCallBytes = 2560, kEventBytes = 400;
/// What a larger call had is not kept for the next.
constexpr std::size_t kSpareEventsMax = 64;

Error at_place(Place place, const Error& error) {
  return {error.code,
          "record " + std::to_string(place.partition) + "/" + std::to_string(place.offset) + ": " + error.detail};
}

}  // namespace

struct Folding::Entry {
  CallFacts facts;
  KeyList indexed;  ///< Its index entries in the store.
};

Folding::Folding(CallStore& store, const RuleSet& rules) : store_(store), rules_(rules) {}

Folding::~Folding() = default;

void Folding::go_on() {
  new_calls_.reset();
  spare_.clear();
}

Result<void> Folding::add(Place place, std::string_view record) {
  const auto decoded = decode_record(record);
  if (!decoded) return at_place(place, decoded.error());
  const bool of_call = changes_a_call(*decoded);
  if (!of_call && !changes_a_device(*decoded)) return {};
  const auto entry = of_call ? call_entry(decoded->key, place.partition) : device_entry(decoded->key, place.partition);
  if (!entry) return entry.error();
  add_to(**entry, *decoded, place.offset, of_call);
  return {};
}

void Folding::add_to(Entry& entry, const RecordView& record, std::uint64_t offset, bool is_call) {
  EventReader& reader = readers_.of(record.kind);
  const EventBody body = body_of(record);
  const EventDetail& detail = reader.detail(body, record.type);
  entry.facts.add(record, detail, offset);
  bytes_ += kEventBytes;
  read_fields(record, body, detail.telemetry, rules_, reader, fields_);
  entry.facts.fields().add(offset, fields_);
  count_event(rules_, entry.facts, entry.facts.events().back(), is_call, writes_);
}

Result<Folding::Entry*> Folding::call_entry(std::string_view call_id, std::uint32_t partition) {
  if (const auto known = calls_.find(call_id); known != calls_.end()) return known->second.get();
  if (new_calls_ && !new_calls_->add(call_id)) return new_entry(calls_, call_id, partition, {});
  const auto entry = stored_entry(calls_, state_key::call(call_id), partition);
  if (entry) index_entries((*entry)->facts, rules_, (*entry)->indexed);
  return entry;
}

Result<Folding::Entry*> Folding::device_entry(std::string_view device_id, std::uint32_t partition) {
  if (const auto known = devices_.find(device_id); known != devices_.end()) return known->second.get();
  return stored_entry(devices_, state_key::device(device_id), partition);
}

Result<Folding::Entry*> Folding::stored_entry(Entries& entries, const std::string& key, std::uint32_t partition) {
  auto facts = store_.read(key, value_);
  if (!facts) return facts.error();
  if (*facts) bytes_ += (*facts)->events().size() * kEventBytes;
  return new_entry(entries, std::string_view(key).substr(1), partition, std::move(*facts));
}

Folding::Entry* Folding::new_entry(Entries& entries, std::string_view id, std::uint32_t partition,
                                   std::optional<CallFacts> known) {
  std::unique_ptr<Entry> made;
  if (spare_.empty()) {
    made = std::make_unique<Entry>(Entry{CallFacts(std::string(id), partition), {}});
  } else {
    made = std::move(spare_.back());
    spare_.pop_back();
    made->facts.restart(id, partition);
    made->indexed.clear();
  }
  if (known) made->facts = std::move(*known);
  bytes_ += kCallBytes;
  Entry* const entry = made.get();
  entries.emplace(entry->facts.call_id(), std::move(made));
  return entry;
}

void Folding::write_call(Entry& entry) {
  write_facts(state_key::call(entry.facts.call_id()), entry.facts);
  index_entries(entry.facts, rules_, keys_);
  const std::vector<std::string_view>& before = entry.indexed.sorted();
  auto old = before.begin();
  for (const std::string_view key : keys_.sorted()) {
    while (old != before.end() && *old < key) writes_.erase(*old++);
    if (old != before.end() && *old == key) {
      ++old;
    } else {
      writes_.put(key, {});
    }
  }
  while (old != before.end()) writes_.erase(*old++);
  for (const Text device : devices_of(entry.facts)) note_change(entry.facts.text(device), entry.facts.partition());
}

void Folding::write_facts(const std::string& key, const CallFacts& facts) {
  facts.encode_to(value_);
  writes_.put(key, value_);
  if (facts.fields().empty()) return;
  facts.fields().encode_to(value_);
  writes_.put(state_key::fields(key), value_);
}

void Folding::note_change(std::string_view device, std::uint32_t partition) {
  if (!changed_devices_.emplace(device).second) return;
  writes_.put(state_key::changed_device(device, partition), {});
}

Result<void> Folding::commit(std::uint32_t partition, std::uint64_t covered) {
  changed_devices_.clear();
  for (const auto& [id, entry] : calls_) write_call(*entry);
  for (const auto& [id, entry] : devices_) {
    write_facts(state_key::device(id), entry->facts);
    note_change(id, partition);
  }
  value_.clear();
  Encoder(value_).fixed(covered);
  writes_.put(state_key::covered(partition), value_);
  auto written = store_.bytes().write(writes_);
  writes_.clear();
  for (auto& [id, entry] : calls_) {
    if (new_calls_ && entry->facts.events().size() <= kSpareEventsMax) spare_.push_back(std::move(entry));
  }
  calls_.clear();
  devices_.clear();
  bytes_ = 0;
  if (!written || changed_devices_.empty()) return written;
  return update_devices(store_, rules_, changed_devices_, partition);
}

bool changes_a_call(const RecordView& record) { return record.in_call && record.type != kUnrecognisedType; }

bool changes_a_device(const RecordView& record) {
  return !record.in_call && record.type != kUnrecognisedType && record.key != record.id;
}

void read_fields(const RecordView& record, const EventBody& body, bool telemetry, const RuleSet& rules,
                 EventReader& reader, FieldValues& fields) {
  fields.clear();
  const std::vector<std::uint32_t>& slots = rules.wanted_fields().of(record.type, telemetry);
  if (!slots.empty()) reader.add_values(body, rules.wanted_fields().pointers(), slots, fields);
}

void index_entries(const CallFacts& facts, const RuleSet& rules, KeyList& keys) {
  keys.clear();
  add_index_keys(facts, outline_of(facts), rules.next_deadline(facts), keys);
}

Result<void> fold_partition(Folding& folding, CallStore& store, const LogReader& log, std::uint32_t partition,
                            std::uint64_t from, std::uint64_t end,
                            const std::function<bool(std::uint64_t covered)>& folded) {
  const auto cursor = log.scan(partition, from);
  if (from == 0) {
    folding.begin_anew(end);
  } else {
    folding.go_on();
  }
  std::uint64_t covered = from;
  for (bool more = true; more;) {
    const std::lock_guard lock(store.change_mutex(partition));
    std::optional<Error> failure;
    std::size_t records = 0;
    for (; records < kBatchRecordsMax && folding.bytes() < kBatchBytesMax; ++records) {
      const auto next = cursor->next();
      if (!next) failure = next.error();
      more = next && *next && cursor->place().offset < end;
      if (!more) break;
      if (const auto added = folding.add(cursor->place(), cursor->bytes()); !added) {
        failure = added.error();
        break;
      }
      covered = cursor->place().offset + 1;
    }
    if (!more && !failure) covered = std::max(covered, end);
    if (const auto written = folding.commit(partition, covered); !written) return written.error();
    if (failure) {
      folded(covered);
      return *failure;
    }
    if (!folded(covered)) return {};
  }
  return {};
}

Result<void> catch_up(CallStore& store, const LogReader& log, const RuleSet& rules, unsigned threads,
                      const std::function<void(const FoldProgress&)>& progress) {
  struct Span {
    std::uint64_t covered, first, end;  ///< Offsets below `first` are gone from the log.
  };
  std::vector<Span> spans;
  FoldProgress total;
  for (std::uint32_t partition = 0; partition < log.partitions(); ++partition) {
    const auto covered = store.covered(partition);
    if (!covered) return covered.error();
    const auto stored = log.ask_end(partition);
    if (!stored) return stored.error();
    const std::uint64_t end = std::max(*stored, *covered);
    spans.push_back({*covered, std::min(std::max(*covered, log.first(partition)), end), end});
    total.total += end - spans.back().first;
  }

  std::mutex mutex;  // Of `total` and `failure`.
  std::optional<Error> failure;
  std::atomic<std::uint32_t> next = 0;
  const auto work = [&] {
    Folding folding(store, rules);
    for (std::uint32_t partition; (partition = next++) < spans.size();) {
      const auto [covered, first, end] = spans[partition];
      if (covered == end) continue;
      const auto done = fold_partition(folding, store, log, partition, covered, end, [&, at = first](auto to) mutable {
        const std::lock_guard lock(mutex);
        total.done += std::max(to, at) - at;
        at = std::max(to, at);
        if (progress) progress(total);
        return true;
      });
      const std::lock_guard lock(mutex);
      if (!done && !failure) failure = done.error();
    }
  };
  std::vector<std::thread> helpers;
  for (unsigned i = 1; i < std::min<std::size_t>(threads, spans.size()); ++i) helpers.emplace_back(work);
  work();
  for (std::thread& helper : helpers) helper.join();
  if (failure) return *failure;
  return {};
}

}  // namespace hookledger
