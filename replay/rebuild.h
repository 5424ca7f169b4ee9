#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ingest/log/event_log.h"
#include "projector/folding.h"
#include "projector/rules/rule_set.h"

namespace hookledger {

struct Rebuilt {
  std::uint64_t records = 0;  ///< Folded.
  std::string digest;         ///< CallStore::digest of the new projection.
};

/// Folds `log` from its first record into a new store beside the live one, on `threads` threads, and puts it in the
/// live one's place at once. When it fails, the live one stays as it was. `progress` is called from any thread, one at
/// a time. Errors: kInUse (a server owns the projection), kCorruption, kUnavailable.
Result<Rebuilt> rebuild(const std::string& data_dir, const LogReader& log, const RuleSet& rules, unsigned threads,
                        const std::function<void(const FoldProgress&)>& progress = {});

/// Two projections of the same records.
struct RebuildComparison {
  static constexpr std::size_t kCallsMax = 20;

  std::uint64_t records = 0;  ///< Folded anew.
  std::string live_digest, fresh_digest;
  std::string unreadable;               ///< Why the live projection cannot be compared; empty when it was.
  bool had_live = true;                 ///< False: the data dir has no projection, so what commands see was compared.
  std::uint64_t differing_calls = 0;    ///< Whose facts differ, or that only one side has.
  std::uint64_t differing_entries = 0;  ///< Of the indexes.
  std::vector<std::string> call_ids;    ///< The first kCallsMax of the calls that differ, in order of id.

  bool equal() const { return unreadable.empty() && differing_calls == 0 && differing_entries == 0; }
};

/// Compares the live projection (as last flushed, and the rest of the log) with a fresh fold from the log's first
/// record into a temporary store, which it removes. Changes nothing in the data dir; works beside a running server.
/// `progress` as above. Errors: those of `open_log`; kCorruption, kUnavailable.
Result<RebuildComparison> rebuild_verify(const std::string& data_dir, const RuleSet& rules,
                                         const std::function<Result<std::unique_ptr<LogReader>>()>& open_log,
                                         unsigned threads,
                                         const std::function<void(const FoldProgress&)>& progress = {});

}  // namespace hookledger
