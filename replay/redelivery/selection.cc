#include "replay/redelivery/selection.h"

namespace hookledger {

bool selects(const Selection& selection, const RecordView& record) {
  const Time time = selection.by_occurrence ? record.occurred_at : record.received_at;
  if (selection.since && time < *selection.since) return false;
  if (selection.until && time >= *selection.until) return false;
  if (selection.calls && !selection.calls->contains(std::string(record.call_id()))) return false;
  return passes(selection.filter, subject_of(record, {}));
}

}  // namespace hookledger
