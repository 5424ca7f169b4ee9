#include "projector/folding.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "projector/call_outline.h"
#include "schemas/codec.h"
#include "schemas/sources/telnyx.h"

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

Folding::Folding(CallStore& store, const RuleSet& rules)
    : store_(store), rules_(rules), telnyx_(make_telnyx_reader()) {}

Folding::~Folding() = default;

void Folding::go_on() {
  new_calls_.reset();
  spare_.clear();
}

Result<void> Folding::add(Place place, std::string_view record) {
  const auto decoded = decode_record(record);
  if (!decoded) return at_place(place, decoded.error());
  if (!changes_a_call(*decoded)) return {};
  const auto call = entry(decoded->key, place.partition);
  if (!call) return call.error();
  (*call)->facts.add(*decoded, telnyx_->detail(decoded->body, decoded->type), place.offset);
  bytes_ += kEventBytes;
  return {};
}

Result<Folding::Entry*> Folding::entry(std::string_view call_id, std::uint32_t partition) {
  if (const auto known = calls_.find(call_id); known != calls_.end()) return known->second.get();
  const bool is_new = new_calls_ && !new_calls_->add(call_id);
  const auto stored = is_new ? false : store_.bytes().get(state_key::call(call_id), value_);
  if (!stored) return stored.error();
  auto made = empty_entry(call_id, partition);
  if (*stored) {
    auto facts = CallFacts::decode(call_id, value_);
    if (!facts) return facts.error();
    made->facts = std::move(*facts);
    index_entries(made->facts, rules_, made->indexed);
    bytes_ += 4 * value_.size();
  }
  bytes_ += kCallBytes;
  Entry* const entry = made.get();
  calls_.emplace(entry->facts.call_id(), std::move(made));
  return entry;
}

std::unique_ptr<Folding::Entry> Folding::empty_entry(std::string_view call_id, std::uint32_t partition) {
  if (spare_.empty()) return std::make_unique<Entry>(Entry{CallFacts(std::string(call_id), partition), {}});
  auto entry = std::move(spare_.back());
  spare_.pop_back();
  entry->facts.restart(call_id, partition);
  entry->indexed.clear();
  return entry;
}

void Folding::write(Entry& entry) {
  entry.facts.encode_to(value_);
  writes_.put(state_key::call(entry.facts.call_id()), value_);
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
}

Result<void> Folding::commit(std::uint32_t partition, std::uint64_t covered) {
  for (const auto& [id, entry] : calls_) write(*entry);
  value_.clear();
  Encoder(value_).fixed(covered);
  writes_.put(state_key::covered(partition), value_);
  auto written = store_.bytes().write(writes_);
  writes_.clear();
  for (auto& [id, entry] : calls_) {
    if (new_calls_ && entry->facts.events().size() <= kSpareEventsMax) spare_.push_back(std::move(entry));
  }
  calls_.clear();
  bytes_ = 0;
  return written;
}

bool changes_a_call(const RecordView& record) { return record.in_call && record.type != kUnrecognisedType; }

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
    const std::uint64_t end = std::max(log.end(partition), *covered);
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
