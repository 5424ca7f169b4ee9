#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "replay/redelivery/record_walk.h"
#include "schemas/error.h"
#include "schemas/time.h"

namespace hookledger {

/// What of a redelivery is fixed when it begins, so that it ends, and is the same after an interruption.
struct Job {
  Time began_at;
  std::vector<std::uint64_t> ends;       ///< By partition: one past the last offset that is looked at.
  std::optional<Time> since{}, until{};  ///< As `Selection` has them: relative times were read at the beginning.
  std::optional<std::vector<std::string>> calls{};  ///< Ids, sorted: whatever they were selected by.
  std::uint64_t records = 0;                        ///< Selected.

  friend bool operator==(const Job&, const Job&) = default;
};

/// How far it is.
struct JobProgress {
  std::vector<OffsetSet> done;  ///< By partition: delivered, or not selected. What was given up is not.
  std::uint64_t delivered = 0;

  friend bool operator==(const JobProgress&, const JobProgress&) = default;
};

/// Offsets by partition, ascending.
using PlacesByPartition = std::map<std::uint32_t, std::vector<std::uint64_t>>;

/// What of the log is to be looked at still. `places`, when they are known: where the records of the job's calls are.
std::vector<RecordWalk::Part> parts_left(const Job& job, const JobProgress& progress,
                                         const std::optional<PlacesByPartition>& places);

/// Layout: schemas/redelivery.md. Errors of reading: kCorruption.
std::string encode(const Job& job);
Result<Job> decode_job(std::string_view json);
std::string encode(const JobProgress& progress);
Result<JobProgress> decode_job_progress(std::string_view json, std::size_t partitions);

}  // namespace hookledger
