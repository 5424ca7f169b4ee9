#include "replay/transfer.h"

#include <algorithm>
#include <ostream>

#include "ingest/intake.h"
#include "ingest/verify/telnyx.h"
#include "replay/append_window.h"
#include "replay/line_reader.h"
#include "replay/presentation.h"
#include "replay/walk_progress.h"
#include "schemas/cloud_event.h"
#include "schemas/sources/telnyx.h"

namespace hookledger {
namespace {

constexpr std::uint64_t kProgressLines = 1024;
constexpr std::string_view kKind = "telnyx";  ///< Of the sources whose events can be read.

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
/// was exported, so after the one of that name all others are asked.
const SourceKey* verifying_key(const CloudEvent& event, const Sources* sources, Time now) {
  if (sources == nullptr || event.signature.empty()) return nullptr;
  std::string signed_text;
  signed_text.reserve(event.signed_at.size() + 1 + event.body.size());
  signed_text.append(event.signed_at).append("|").append(event.body);
  const SignatureHeaders headers{event.signature, event.signed_at, 1, 1};
  const auto key_of = [&](const Source& source) {
    return verify_telnyx(source, headers, signed_text, now).key;  // Whatever its age.
  };
  const Source* named = sources->by_name(event.source);
  if (named != nullptr && named->kind == kKind) {
    if (const SourceKey* key = key_of(*named)) return key;
  }
  for (const Source& source : sources->all()) {
    if (&source == named || source.kind != kKind) continue;
    if (const SourceKey* key = key_of(source)) return key;
  }
  return nullptr;
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
    const SourceKey* key = verifying_key(event, sources_, now);
    ++(key != nullptr ? done_.verified : done_.imported);
    const Evidence evidence{.source = event.source,
                            .content_type = event.content_type,
                            .signature = event.signature,
                            .signed_at = event.signed_at,
                            .key_id = key != nullptr ? key->id : event.key_id,
                            .received_at = event.received_at.value_or(now),
                            .provenance = key != nullptr ? event.provenance : Provenance::kImported};
    return window_.add(take_in(*reader_, evidence, event.body, log_.partitions()).append);
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
  std::unique_ptr<EventReader> reader_ = make_telnyx_reader();
  AppendWindow window_;
  ImportDone done_;
};

}  // namespace

Result<ExportDone> export_records(const LogReader& log, std::ostream& out,
                                  const std::function<void(const FoldProgress&)>& progress) {
  WalkProgress walk(log, progress);
  std::vector<std::uint64_t> ends;
  for (std::uint32_t partition = 0; partition < log.partitions(); ++partition) ends.push_back(log.end(partition));
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
