#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "ingest/log/event_log.h"

namespace hookledger::testing {

using namespace std::chrono_literals;

/// An event as far as a log is concerned.
struct LogEvent {
  std::string id;
  std::string call = "call-1";
  std::string body = "{}";
  Provenance provenance = Provenance::kDelivered;
};

inline std::string to_record(const LogEvent& event) {
  RecordView record;
  record.id = event.id;
  record.source = "telnyx";
  record.type = "call.initiated";
  record.key = event.call;
  record.in_call = true;
  record.provenance = event.provenance;
  record.body = event.body;
  return encode_record(record);
}

inline Append to_append(const LogEvent& event, std::uint32_t partitions) {
  std::string record = to_record(event);
  const RecordView view = decode_record(record).value();
  return make_append(view, record, partition_of(event.call, partitions));
}

/// Appends and waits for outcomes, 20 s at most. `Log`: an EventLog, or what submits as one does. Threads: any.
class AppendClient : public AppendObserver {
 public:
  explicit AppendClient(std::uint32_t partitions) : partitions_(partitions) {}

  using Tokens = std::vector<std::uint64_t>;

  template <class Log>
  Result<Tokens> submit(Log& log, const std::vector<LogEvent>& events) {
    std::vector<Append> appends;
    Tokens tokens;
    for (const LogEvent& event : events) {
      appends.push_back(to_append(event, partitions_));
      appends.back().observer = this;
      appends.back().token = next_token();
      tokens.push_back(appends.back().token);
    }
    if (const auto submitted = log.submit(appends); !submitted) return submitted.error();
    return tokens;
  }

  Result<Appended> wait(std::uint64_t token) {
    std::unique_lock lock(mutex_);
    const Error missing{ErrorCode::kInvalid, "no outcome"};
    if (!changed_.wait_for(lock, 20s, [&] { return outcomes_.contains(token); })) return missing;
    const auto outcome = outcomes_.extract(token);
    return outcome.mapped();
  }

  /// Of each event, in the order given. What is refused at the door is so for each.
  template <class Log>
  std::vector<Result<Appended>> append(Log& log, const std::vector<LogEvent>& events) {
    const auto tokens = submit(log, events);
    if (!tokens) return std::vector<Result<Appended>>(events.size(), tokens.error());
    std::vector<Result<Appended>> results;
    for (const std::uint64_t token : *tokens) results.push_back(wait(token));
    return results;
  }

  template <class Log>
  Result<Appended> append(Log& log, const LogEvent& event) {
    return append(log, std::vector{event}).front();
  }

  /// Outcomes nobody waited for.
  std::size_t outcomes() const {
    const std::lock_guard lock(mutex_);
    return outcomes_.size();
  }

  /// Keeps the log's thread from going on while it is held.
  std::mutex gate;

 private:
  void appended(std::vector<AppendOutcome> outcomes) override {
    { const std::lock_guard pass(gate); }  // Let go before a waiter may end this object.
    const std::lock_guard lock(mutex_);
    for (AppendOutcome& outcome : outcomes) outcomes_.emplace(outcome.token, std::move(outcome.result));
    changed_.notify_all();
  }

  std::uint64_t next_token() {
    const std::lock_guard lock(mutex_);
    return ++last_token_;
  }

  const std::uint32_t partitions_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t last_token_ = 0;
  std::map<std::uint64_t, Result<Appended>> outcomes_;
};

/// Ids in a partition's order, from the bytes of its records.
inline std::vector<std::string> ids_in(const LogReader& log, std::uint32_t partition, std::uint64_t from = 0) {
  std::vector<std::string> ids;
  const auto cursor = log.scan(partition, from);
  for (auto more = cursor->next(); more.value(); more = cursor->next()) {
    ids.emplace_back(decode_record(cursor->bytes()).value().id);
  }
  return ids;
}

/// Where each id is, over all partitions.
inline std::multimap<std::string, Place> places_in(const LogReader& log) {
  std::multimap<std::string, Place> places;
  for (std::uint32_t partition = 0; partition < log.partitions(); ++partition) {
    const auto cursor = log.scan(partition, 0);
    for (auto more = cursor->next(); more.value(); more = cursor->next()) {
      places.emplace(decode_record(cursor->bytes()).value().id, cursor->place());
    }
  }
  return places;
}

}  // namespace hookledger::testing
