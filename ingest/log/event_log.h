#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/ed25519/key.h"
#include "schemas/error.h"
#include "schemas/record.h"

namespace hookledger {

/// Where an append ended. `duplicate`: the place of the original.
struct Appended {
  Place place;
  bool duplicate = false;
  bool spooled = false;  ///< Durable here and on its way to the brokers: the offset is not known yet.
};

/// One finished append. `token` is the caller's own.
struct AppendOutcome {
  std::uint64_t token;
  Result<Appended> result;
};

/// Takes outcomes. Called on the log's own thread, in batches; must not block and must not throw.
class AppendObserver {
 public:
  virtual ~AppendObserver() = default;
  virtual void appended(std::vector<AppendOutcome> outcomes) = 0;
};

/// A record on its way into the log.
struct Append {
  std::string record;                  ///< Encoded: schemas/record.md.
  std::string dedup_key;               ///< See `dedup_key()`.
  std::string unless_known = {};       ///< Another key under which the event may be known; empty: none.
  std::uint32_t partition = 0;         ///< `partition_of(key, partitions())`.
  AppendObserver* observer = nullptr;  ///< Outlives the append.
  std::uint64_t token = 0;
};

/// What an event is known by: (source, event id) as one string. Of what stands in for a delivery it is another one, so
/// that a signed delivery that comes after all is appended (G10).
std::string dedup_key(std::string_view source, std::string_view event_id,
                      Provenance provenance = Provenance::kDelivered);

/// The append of a record, without observer and token: of what stands in for a delivery, unless that is known. `record`
/// is the view of `encoded`.
Append make_append(const RecordView& record, std::string encoded, std::uint32_t partition);

/// Reads one partition in order of offset. One thread. Sees what was durable when it was made. Short-lived in an
/// owner: while it lives, a failed log is not reopened, and its thread must not ask the log for anything else.
class LogCursor {
 public:
  virtual ~LogCursor() = default;
  /// False at the end. The bytes stay valid until the next call. Errors: kCorruption, kUnavailable.
  virtual Result<bool> next() = 0;
  virtual Place place() const = 0;
  /// The encoded record.
  virtual std::string_view bytes() const = 0;
};

/// [first, last)
struct OffsetRange {
  std::uint64_t first = 0, last = 0;
};

struct LogHealth {
  bool writable = true;
  std::string reason;  ///< When not writable: what is wrong and what to do.
};

struct LogStatistics {
  std::uint64_t bytes_on_disk = 0;
  std::uint64_t append_queue_records = 0;
  std::uint64_t records = 0;  ///< That are there, about; 0: not known.
};

/// The append-only, partitioned sequence of records; the only source of truth. Two engines: embedded (RocksDB) and
/// Kafka. Threads: any, for every function.
class LogReader {
 public:
  static constexpr std::chrono::milliseconds kAskTimeout{5000};

  virtual ~LogReader() = default;

  virtual std::uint32_t partitions() const = 0;
  /// Offset of the first record that is still there; `end` when there is none.
  virtual std::uint64_t first(std::uint32_t partition) const = 0;
  /// One past the last durable record; 0 when empty.
  virtual std::uint64_t end(std::uint32_t partition) const = 0;
  /// `end`, or that it cannot be told within `timeout`: then `end` is what it was when it last could.
  /// Errors: kUnavailable.
  virtual Result<std::uint64_t> ask_end(std::uint32_t partition,
                                        [[maybe_unused]] std::chrono::milliseconds timeout = kAskTimeout) const {
    return end(partition);
  }
  /// Errors: kNotFound, kCorruption, kUnavailable.
  virtual Result<StoredRecord> read(Place place) const = 0;
  /// From the first record at or after `from`. Offsets may have gaps where retention removed records.
  virtual std::unique_ptr<LogCursor> scan(std::uint32_t partition, std::uint64_t from) const = 0;
  /// Keys ever used to accept, by key id.
  virtual std::optional<Ed25519Key> find_key(std::string_view key_id) const = 0;
};

/// A log that goes on growing while it is read.
class LiveLog : public LogReader {
 public:
  /// Blocks until something became durable after the state `seen` was returned for, or `timeout`. Returns
  /// the new state; start with 0.
  virtual std::uint64_t wait_for_change(std::uint64_t seen, std::chrono::milliseconds timeout) = 0;
};

class EventLog : public LiveLog {
 public:
  /// Queues appends and returns at once; every one of them gets exactly one outcome, in any order, after it
  /// is on stable storage or has failed. A duplicate's outcome waits for its original's.
  /// Errors: kOverloaded, kUnavailable, kStopping; then none was queued and none gets an outcome.
  virtual Result<void> submit(std::span<Append> appends) = 0;

  /// Durable before it returns.
  virtual Result<void> remember_key(const Ed25519PublicKey& key) = 0;

  /// Removes records (retention). Durable before it returns; offsets are never given again.
  virtual Result<void> remove(std::uint32_t partition, std::span<const OffsetRange> ranges) = 0;

  virtual LogHealth health() const = 0;
  virtual LogStatistics statistics() const = 0;

  /// Finishes what is queued, then refuses appends.
  virtual void stop() = 0;
};

}  // namespace hookledger
