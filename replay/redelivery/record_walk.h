#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

#include "ingest/log/event_log.h"
#include "replay/redelivery/offset_set.h"
#include "schemas/record.h"

namespace hookledger {

/// Goes through what is not done of fixed parts of the log. In order of offset within a partition, and across
/// partitions as the records were received, so that what happened at one time is met together. Memory: one record a
/// partition. One thread.
class RecordWalk {
 public:
  /// What is walked of one partition: up to `end`, without what is done.
  struct Part {
    std::uint32_t partition = 0;
    std::uint64_t end = 0;
    OffsetSet done{};
    std::optional<std::vector<std::uint64_t>> offsets{};  ///< These alone, ascending; nothing: all.
  };
  using Selects = std::function<bool(const RecordView&)>;
  /// Told of offsets that hold nothing selected, each once.
  using Passed = std::function<void(std::uint32_t partition, OffsetRange range)>;

  /// `log` outlives it. At a stop the walk is at its end.
  RecordWalk(const LogReader& log, std::vector<Part> parts, Selects selects, Passed passed, std::stop_token stop);
  ~RecordWalk();
  RecordWalk(const RecordWalk&) = delete;
  RecordWalk& operator=(const RecordWalk&) = delete;

  /// Moves to the next selected record; false at the end. Errors: kCorruption (names the place), kUnavailable.
  Result<bool> next();
  /// What follows is valid until the next call.
  Place place() const;
  const RecordView& record() const;
  std::string_view bytes() const;

 private:
  class Lane;

  std::vector<std::unique_ptr<Lane>> lanes_;  ///< A heap; the one whose record was received first is at the front.
  bool begun_ = false;
  const Selects selects_;
  const Passed passed_;
  const std::stop_token stop_;
};

}  // namespace hookledger
