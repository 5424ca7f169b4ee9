#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>

#include "ingest/log/event_log.h"
#include "ingest/sources.h"
#include "projector/folding.h"
#include "schemas/clock.h"

namespace hookledger {

struct ExportDone {
  std::uint64_t records = 0;
};

/// Writes what was durable at the call, one CloudEvent a line, in order of (partition, offset). What comes before an
/// error is written. Errors: kCorruption (names the place), kUnavailable (the log cannot be read, or `out` not
/// written).
Result<ExportDone> export_records(const LogReader& log, std::ostream& out,
                                  const std::function<void(const FoldProgress&)>& progress = {});

struct ImportDone {
  std::uint64_t lines = 0;     ///< Read, empty ones too.
  std::uint64_t appended = 0;  ///< New records.
  std::uint64_t duplicates = 0;
  std::uint64_t verified = 0;  ///< Lines whose signature verified with a configured key: they kept their provenance.
  std::uint64_t imported = 0;  ///< Lines that became `imported`.
};

/// Appends what `export_records` or `simulate --out` wrote, and waits until it is durable. A line whose signature
/// verifies with a key of any configured source keeps provenance and evidence; one that was fetched stays `recovered`
/// or `synthetic`; any other becomes `imported`, with its evidence as it stands. All else is read from the body again.
/// The keys go to the log's keyring. `sources` may be null: then every line becomes `imported`. Memory: bounded; a line
/// has at most 128 MiB. `progress` is told what is done so far. Errors: kInvalid (names the line; those before it are
/// in the log), kUnavailable, kStopping.
Result<ImportDone> import_records(std::istream& in, EventLog& log, const Sources* sources, const Clock& clock,
                                  const std::function<void(const ImportDone&)>& progress = {});

}  // namespace hookledger
