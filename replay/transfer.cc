#include "replay/transfer.h"

#include <algorithm>
#include <ostream>

#include "ingest/intake.h"
#include "ingest/verify/verifiers.h"
#include "replay/append_window.h"
#include "replay/line_reader.h"
#include "replay/presentation.h"
#include "replay/walk_progress.h"
#include "schemas/cloud_event.h"
#include "schemas/sources/event_readers.h"

namespace hookledger {
namespace {

constexpr std::uint64_t kProgressLines = 1024;

Error cannot_write() {
  return {ErrorCode::kUnavailable, "the export cannot be written: is the disk full, the reader gone?"};
}

/// What was durable of the partition at the call.
Result<void> export_partition(const LogReader& log, std::uint32_t partition, std::uint64_t end, std::ostream& out,
                              ExportDone& done, WalkProgress& progress) {
  progress.begin(partition);
  const auto cursor = log.scan(partition, 0);
  while (true) {
    const auto more = cursor->next();
    if (!more) return Error{more.error().code, "partition " + std::to_string(partition) + ": " + more.error().detail};
    if (!*more || cursor->place().offset >= end) return {};
    const Place place = cursor->place();
    const auto record = decode_record(cursor->bytes());
    if (!record) return Error{record.error().code, "record " + format_place(place) + ": " + record.error().detail};
    out << to_cloud_event(*record, place) << '\n';
    if (!out) return cannot_write();
    ++done.records;
    progress.passed(place);
  }
}

/// The configured key that made the signature; null when none did. A source may have had another name where the line
/// was exported, so after the one of that name all others of its kind are asked.
const SourceKey* verifying_key(const CloudEvent& event, const Sources* sources) {
  if (sources == nullptr || event.signature.empty()) return nullptr;
  const SignatureEvidence evidence{event.signature, event.signed_at, event.signed_with};
  const auto key_of = [&](const Source& source) -> const SourceKey* {
    return source.kind == event.kind ? verify_again(source, evidence, event.body).key : nullptr;
  };
  const Source* named = sources->by_name(event.source);
  if (named != nullptr) {
    if (const SourceKey* key = key_of(*named)) return key;
  }
  for (const Source& source : sources->all()) {
    if (&source == named) continue;
    if (const SourceKey* key = key_of(source)) return key;
  }
  return nullptr;
}

/// What says that it was fetched claims less than `imported` does, so it is believed.
Provenance provenance_of(const CloudEvent& event, const SourceKey* key) {
  const bool fetched = stands_in(event.provenance) && event.signature.empty() && !event.recovered_from.empty();
  return key != nullptr || fetched ? event.provenance : Provenance::kImported;
}

/// What the line tells of an event whose body may not. A line always has a time: that of receipt when the event told
/// none.
ToldEvent told_by(const CloudEvent& event) {
  ToldEvent told;
  if (event.type != kUnrecognisedType) told.type = event.type;
  if (event.occurred_at != event.received_at) told.occurred_at = event.occurred_at;
  return told;
}

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r") == std::string_view::npos; }

Error at_line(std::uint64_t number, const Error& error) {
  const std::string before = number == 1 ? "" : "; the lines before it are in the log";
  return {error.code, "line " + std::to_string(number) + ": " + error.detail + before};
}

class Import {
 public:
  Import(std::istream& in, EventLog& log, const Sources* sources, const Clock& clock)
      : lines_(in, kCloudEventBytesMax), log_(log), sources_(sources), clock_(clock), window_(log) {}

  Result<ImportDone> run(const std::function<void(const ImportDone&)>& progress) {
    while (true) {
      const auto more = lines_.next();
      if (!more) return stop(at_line(lines_.number(), more.error()));
      if (!*more) break;
      ++done_.lines;
      if (is_blank(lines_.line())) continue;
      const auto event = parse_cloud_event(lines_.line());
      if (!event) return stop(at_line(lines_.number(), event.error()));
      if (auto added = add(*event); !added) return cannot_append(added.error());
      if (progress && done_.lines % kProgressLines == 0) progress(done());
    }
    if (auto finished = window_.finish(); !finished) return cannot_append(finished.error());
    if (progress) progress(done());
    return done();
  }

 private:
  Result<void> add(const CloudEvent& event) {
    const Time now = clock_.wall();
    const SourceKey* key = verifying_key(event, sources_);
    ++(key != nullptr ? done_.verified : done_.imported);
    const Evidence evidence{.source = event.source,
                            .content_type = event.content_type,
                            .signature = event.signature,
                            .signed_at = event.signed_at,
                            .key_id = key != nullptr ? key->id : event.key_id,
                            .received_at = event.received_at.value_or(now),
                            .provenance = provenance_of(event, key),
                            .kind = event.kind,
                            .signed_with = event.signed_with,
                            .recovered_from = event.recovered_from,
                            .told = told_by(event)};
    return window_.add(take_in(readers_.of(event.kind), evidence, event.body, log_.partitions()).append);
  }

  /// What came before the broken line stays; that it cannot be made durable is the graver error.
  Error stop(const Error& error) {
    const auto finished = window_.finish();
    return finished ? error : cannot_append(finished.error());
  }

  static Error cannot_append(const Error& error) {
    return {error.code, error.detail + "; then import again: what is in the log already is not appended twice"};
  }

  const ImportDone& done() {
    const auto [appended, duplicates] = window_.counts();
    done_.appended = appended;
    done_.duplicates = duplicates;
    return done_;
  }

  LineReader lines_;
  EventLog& log_;
  const Sources* sources_;
  const Clock& clock_;
  EventReaders readers_;
  AppendWindow window_;
  ImportDone done_;
};

}  // namespace

Result<ExportDone> export_records(const LogReader& log, std::ostream& out,
                                  const std::function<void(const FoldProgress&)>& progress) {
  WalkProgress walk(log, progress);
  std::vector<std::uint64_t> ends;
  for (std::uint32_t partition = 0; partition < log.partitions(); ++partition) {
    const auto end = log.ask_end(partition);
    if (!end) return end.error();
    ends.push_back(*end);
  }
  ExportDone done;
  for (std::uint32_t partition = 0; partition < log.partitions(); ++partition) {
    const auto exported = export_partition(log, partition, ends[partition], out, done, walk);
    if (!exported) {
      out.flush();
      return exported.error();
    }
  }
  if (!out.flush()) return cannot_write();
  walk.end();
  return done;
}

Result<ImportDone> import_records(std::istream& in, EventLog& log, const Sources* sources, const Clock& clock,
                                  const std::function<void(const ImportDone&)>& progress) {
  if (sources != nullptr) {
    if (auto remembered = remember_keys(log, *sources); !remembered) return remembered.error();
  }
  return Import(in, log, sources, clock).run(progress);
}

}  // namespace hookledger
