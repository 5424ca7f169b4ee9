#include "replay/verify_log.h"

#include <algorithm>

#include "replay/presentation.h"
#include "replay/stored_signature.h"
#include "replay/walk_progress.h"
#include "schemas/sources/event_readers.h"
#include "schemas/text.h"

namespace hookledger {
namespace {

/// Mismatches.
constexpr std::string_view kUnreadable = "unreadable", kDamaged = "damaged", kOutOfOrder = "out-of-order",
                           kWrongPartition = "wrong-partition", kHeadDiffers = "head-differs";
/// An absent signature or an unknown key is a mismatch when the record says that it was delivered, else a note.
constexpr std::string_view kSignatureInvalid = "signature-invalid", kSignatureAbsent = "signature-absent",
                           kUnknownKey = "unknown-key";

constexpr std::size_t kKeyIdShown = 64;

std::string shown_key(const RecordView& record) {
  return record.key_id.empty() ? "a key that it does not name"
                               : "key " + printable(record.key_id.substr(0, kKeyIdShown));
}

/// Which member of the record the body contradicts; empty when it agrees.
std::string_view head_difference(const RecordView& record, const EventHead& head) {
  if (head.id != record.id) return "event id";
  if (head.type != record.type) return "type";
  if (record.in_call == head.call_id.empty() || head.call_id != record.call_id()) return "call id";
  if (!record.in_call && record.key != (head.device_id.empty() ? record.id : head.device_id)) return "partition key";
  if (head.leg_id != record.leg_id) return "leg id";
  if (record.timed != head.occurred_at.has_value()) return "time";
  if (record.occurred_at != head.occurred_at.value_or(record.received_at)) return "time";
  return {};
}

std::string why_unknown(const RecordView& record) {
  const bool by_secret = !record.key_id.empty() && !record.key_id.starts_with("ed25519:");
  return "signed with " + shown_key(record) +
         (by_secret ? ", a secret that no configured source has: give its secret-file in the config file"
                    : ", which is not in the keyring, so nothing can be said of it");
}

std::string why_absent(Provenance provenance) {
  switch (provenance) {
    case Provenance::kDelivered: return "no signature, though it says that it was delivered";
    case Provenance::kImported: return "no signature: it was imported without one, so its origin is not proven";
    case Provenance::kRecovered: return "no signature: it was fetched from the provider";
    case Provenance::kSynthetic: return "no signature: it was made up";
  }
  return {};
}

class LogCheck {
 public:
  LogCheck(const LogReader& log, const Sources* configured, const std::function<void(const LogRemark&)>& remark,
           const std::function<void(const FoldProgress&)>& progress)
      : log_(log), configured_(configured), remark_(remark), progress_(log, progress) {}

  LogVerification run() {
    for (std::uint32_t partition = 0; partition < log_.partitions(); ++partition) check_partition(partition);
    progress_.end();
    return std::move(done_);
  }

 private:
  /// After what cannot be read it tries further on, in steps that double, until it can read again.
  void check_partition(std::uint32_t partition) {
    progress_.begin(partition);
    expected_ = {partition, 0};
    const std::uint64_t end = log_.end(partition);
    std::uint64_t from = 0, step = 1;
    while (true) {
      const auto cursor = log_.scan(partition, from);
      Result<bool> more = cursor->next();
      if (more && *more && step > 1) expected_.offset = std::max(from, cursor->place().offset);
      for (; more && *more; more = cursor->next()) {
        check(cursor->place(), cursor->bytes());
        step = 1;
      }
      if (more) break;
      if (step == 1) mismatch(expected_, kUnreadable, more.error().detail + "; the check goes on after it");
      from = std::max(from, expected_.offset) + step;
      if (from >= end) return;
      step *= 2;
    }
    if (expected_.offset < end) done_.absent_offsets += end - expected_.offset;
  }

  void check(Place place, std::string_view bytes) {
    ++done_.records;
    progress_.passed(place);
    if (place < expected_ || place.partition != expected_.partition) {
      mismatch(place, kOutOfOrder, "it comes after offset " + std::to_string(expected_.offset));
    } else {
      done_.absent_offsets += place.offset - expected_.offset;
      expected_.offset = place.offset + 1;
    }
    const auto record = decode_record(bytes);
    if (!record) return mismatch(place, kDamaged, record.error().detail);
    check_contents(place, *record);
    check_stored_signature(place, *record);
  }

  void check_contents(Place place, const RecordView& record) {
    if (const auto wanted = partition_of(record.key, log_.partitions()); wanted != place.partition) {
      mismatch(place, kWrongPartition, "its key belongs to partition " + std::to_string(wanted));
    }
    if (const auto difference = head_difference(record, readers_.of(record.kind).head(body_of(record)));
        !difference.empty()) {
      mismatch(place, kHeadDiffers, "its " + std::string(difference) + " is not what its body says");
    }
  }

  void check_stored_signature(Place place, const RecordView& record) {
    const bool delivered = record.provenance == Provenance::kDelivered;
    const SignatureCheck checked = check_signature(record, log_, configured_);
    switch (checked.signature) {
      case StoredSignature::kValid:
        ++done_.valid;
        if (configured_ != nullptr && !is_configured(record.key_id)) {
          ++done_.unconfigured_keys[std::string(record.key_id)];
        }
        return;
      case StoredSignature::kInvalid:
        ++done_.invalid;
        return mismatch(place, kSignatureInvalid,
                        "the signature is not that of " + shown_key(record) + ": " + std::string(checked.reason));
      case StoredSignature::kAbsent:
        ++done_.absent;
        return remark(place, kSignatureAbsent, why_absent(record.provenance), delivered);
      case StoredSignature::kUnknownKey:
        ++done_.unknown_key;
        return remark(place, kUnknownKey, why_unknown(record), delivered);
    }
  }

  bool is_configured(std::string_view key_id) const {
    return std::ranges::any_of(configured_->all(), [&](const Source& source) {
      return std::ranges::any_of(source.keys, [&](const SourceKey& key) { return key.id == key_id; });
    });
  }

  void mismatch(Place place, std::string_view code, std::string detail) {
    remark(place, code, std::move(detail), true);
  }

  void remark(Place place, std::string_view code, std::string detail, bool is_mismatch) {
    const LogRemark remark{place, code, std::move(detail), is_mismatch};
    if (remark_) remark_(remark);
    if (is_mismatch && done_.mismatches++ < LogVerification::kMismatchesMax) done_.first_mismatches.push_back(remark);
  }

  const LogReader& log_;
  const Sources* configured_;
  const std::function<void(const LogRemark&)>& remark_;
  WalkProgress progress_;
  EventReaders readers_;
  Place expected_;  ///< The next record's, if none is absent.
  LogVerification done_;
};

}  // namespace

LogVerification verify_log(const LogReader& log, const Sources* configured,
                           const std::function<void(const LogRemark&)>& remark,
                           const std::function<void(const FoldProgress&)>& progress) {
  return LogCheck(log, configured, remark, progress).run();
}

}  // namespace hookledger
