#include "ingest/kafka/spool.h"

#include <algorithm>
#include <filesystem>

#include "ingest/log/embedded_log.h"
#include "schemas/time.h"

namespace hookledger::kafka {

Result<std::unique_ptr<Spool>> Spool::open(const std::string& path, std::uint32_t partitions, const SpoolLimits& limits,
                                           const Clock& clock, Logger& logger, Metrics& metrics) {
  std::error_code failed;
  std::filesystem::create_directories(path, failed);
  if (failed) return Error{ErrorCode::kUnavailable, "spool " + path + " cannot be made: " + failed.message()};
  EmbeddedLogOptions options;
  options.store.path = path;
  options.store.partitions = partitions;
  auto log = open_embedded_log(options, clock, logger, metrics);
  if (!log) return log.error();
  std::unique_ptr<Spool> spool(new Spool(std::move(*log), limits, clock));
  if (auto counted = spool->count(); !counted) return counted.error();
  return spool;
}

Spool::Spool(std::unique_ptr<EventLog> log, const SpoolLimits& limits, const Clock& clock)
    : limits_(limits),
      clock_(clock),
      on_the_way_(log->partitions()),
      waiting_(log->partitions()),
      oldest_(log->partitions()),
      log_(std::move(log)) {}

/// What an earlier process left.
Result<void> Spool::count() {
  for (std::uint32_t partition = 0; partition < log_->partitions(); ++partition) {
    const auto cursor = log_->scan(partition, 0);
    for (auto more = cursor->next();; more = cursor->next()) {
      if (!more) return more.error();
      if (!*more) break;
      const auto record = decode_record(cursor->bytes());
      if (!record) return record.error();
      if (waiting_[partition]++ == 0) oldest_[partition] = record->received_at;
      ++records_;
      bytes_ += cursor->bytes().size();
    }
  }
  return {};
}

std::optional<std::string> Spool::closed() const {
  if (bytes_ >= limits_.bytes)
    return "the spool is full (" + std::to_string(bytes_) + " bytes): bring the brokers back, or raise --spool-bytes";
  if (const Duration oldest = age(); oldest > limits_.age)
    return "the spool holds records of " + format_duration(oldest) +
           " ago: bring the brokers back, or raise --spool-age";
  if (const LogHealth health = log_->health(); !health.writable) return "the spool cannot be written: " + health.reason;
  return std::nullopt;
}

Result<void> Spool::submit(std::vector<Append> appends) {
  if (const auto why = closed()) return Error{ErrorCode::kUnavailable, *why};
  const std::uint64_t first = [&] {
    const std::lock_guard lock(mutex_);
    const Time now = clock_.wall();
    for (Append& append : appends) {
      submitted_.emplace(++last_token_,
                         Submitted{append.observer, append.token, append.partition, append.record.size(), now});
      append.observer = this;
      append.token = last_token_;
      ++on_the_way_[append.partition];
    }
    return last_token_ + 1 - appends.size();
  }();
  const std::size_t count = appends.size();
  auto submitted = log_->submit(appends);
  if (submitted) return {};
  const std::lock_guard lock(mutex_);
  for (std::uint64_t token = first; token < first + count; ++token) {
    const auto found = submitted_.find(token);
    --on_the_way_[found->second.partition];
    submitted_.erase(found);
  }
  return submitted;
}

void Spool::appended(std::vector<AppendOutcome> outcomes) {
  std::map<AppendObserver*, std::vector<AppendOutcome>> reports;
  {
    const std::lock_guard lock(mutex_);
    for (AppendOutcome& outcome : outcomes) {
      const auto found = submitted_.find(outcome.token);
      const Submitted& it = found->second;
      --on_the_way_[it.partition];
      if (outcome.result) {
        outcome.result->spooled = true;
        if (!outcome.result->duplicate) {
          if (waiting_[it.partition]++ == 0) oldest_[it.partition] = it.at;
          ++records_;
          bytes_ += it.bytes;
        }
      }
      reports[it.observer].push_back({it.token, std::move(outcome.result)});
      submitted_.erase(found);
    }
  }
  for (auto& [observer, of_one] : reports) observer->appended(std::move(of_one));
}

bool Spool::empty(std::uint32_t partition) const {
  const std::lock_guard lock(mutex_);
  return on_the_way_[partition] == 0 && waiting_[partition] == 0;
}

Duration Spool::age() const {
  const std::lock_guard lock(mutex_);
  Time oldest = Time::max();
  for (std::size_t partition = 0; partition < waiting_.size(); ++partition) {
    if (waiting_[partition] > 0) oldest = std::min(oldest, oldest_[partition]);
  }
  return oldest == Time::max() ? Duration(0) : std::max(clock_.wall() - oldest, Duration(0));
}

Result<std::vector<Spool::Waiting>> Spool::head(std::uint32_t partition, std::size_t records, std::size_t bytes) const {
  std::vector<Waiting> head;
  std::size_t taken = 0;
  const auto cursor = log_->scan(partition, 0);
  while (head.size() < records && taken < bytes) {
    const auto more = cursor->next();
    if (!more) return more.error();
    if (!*more) break;
    if (is_aside(cursor->place())) continue;
    if (const auto readable = decode_record(cursor->bytes()); !readable) return readable.error();
    taken += cursor->bytes().size();
    head.push_back({cursor->place(), std::string(cursor->bytes())});
  }
  return head;
}

bool Spool::is_aside(Place place) const {
  const std::lock_guard lock(mutex_);
  return aside_.contains(place);
}

Result<void> Spool::remove(const std::vector<Waiting>& drained) {
  if (drained.empty()) return {};
  std::vector<OffsetRange> ranges;
  for (const Waiting& record : drained) {
    const std::uint64_t offset = record.place.offset;
    if (!ranges.empty() && ranges.back().last == offset) {
      ++ranges.back().last;
    } else {
      ranges.push_back({offset, offset + 1});
    }
  }
  const std::uint32_t partition = drained.front().place.partition;
  if (auto removed = log_->remove(partition, ranges); !removed) return removed;
  const std::lock_guard lock(mutex_);
  for (const Waiting& record : drained) waits_no_more(record);
  return {};
}

void Spool::set_aside(const Waiting& record) {
  const std::lock_guard lock(mutex_);
  aside_.insert(record.place);
  waits_no_more(record);
}

void Spool::waits_no_more(const Waiting& record) {
  --waiting_[record.place.partition];
  --records_;
  bytes_ -= record.record.size();
  if (const auto view = decode_record(record.record)) oldest_[record.place.partition] = view->received_at;
}

}  // namespace hookledger::kafka
