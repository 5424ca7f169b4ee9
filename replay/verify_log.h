#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/log/event_log.h"
#include "ingest/sources.h"
#include "projector/folding.h"

namespace hookledger {

/// Something about a record that is not plainly well.
struct LogRemark {
  Place place;
  std::string_view code;  ///< A literal: `damaged`, `signature-invalid`, …: verify_log.cc has them all.
  std::string detail;     ///< One sentence: what it is and, where it helps, what to do.
  bool mismatch = false;  ///< The log contradicts itself here. Else a note: how far the record proves its origin.
};

struct LogVerification {
  static constexpr std::size_t kMismatchesMax = 1000;

  std::uint64_t records = 0;         ///< Read, damaged ones too.
  std::uint64_t absent_offsets = 0;  ///< Below the end of their partition, without a record: retention's work.
  std::uint64_t valid = 0, invalid = 0, absent = 0, unknown_key = 0;  ///< Signatures of the undamaged records.
  std::uint64_t mismatches = 0;
  std::vector<LogRemark> first_mismatches;                 ///< At most kMismatchesMax.
  std::map<std::string, std::uint64_t> unconfigured_keys;  ///< Key id to records, when sources were given.
};

/// Checks every record again, from the log alone: checksum and framing, order, place, signature, and that the body says
/// what the record says. Goes on after what it cannot read. `configured` (null: not asked) tells which keys are still
/// in use. `remark`, when given, is told every remark, notes too; without it mismatches alone are made. One thread.
LogVerification verify_log(const LogReader& log, const Sources* configured,
                           const std::function<void(const LogRemark&)>& remark = {},
                           const std::function<void(const FoldProgress&)>& progress = {});

}  // namespace hookledger
