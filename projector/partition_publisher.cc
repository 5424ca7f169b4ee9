#include "projector/partition_publisher.h"

#include <unordered_set>

#include "projector/fold.h"
#include "projector/folding.h"
#include "schemas/json.h"

namespace hookledger {
namespace {

/// Bounds of a batch, and of what one gathering looks at for it.
constexpr std::size_t kEventsMax = 20'000, kCallsMax = 1000, kRecordsMax = 50'000;

/// A sink's clock may be ahead of ours: what was received is known, whenever that was.
Time known_at(const CallFacts& facts, Time now) {
  for (const EventFact& event : facts.events()) now = std::max(now, event.received_at);
  return now;
}

}  // namespace

Result<void> PartitionPublisher::gather(Time now, PublicationBatch& batch) {
  const auto covered = parts_.store.covered(partition_);
  if (!covered) return covered.error();
  covered_ = *covered;
  next_ = published_;
  if (covered_ < published_.offset) return {};
  const auto changed = read_changed(batch.events);
  if (!changed) return changed.error();
  // Time goes on once the records are published: until then they say more than it does.
  const auto due = due_.next(now, next_.offset == covered_ ? kCallsMax : 0);
  if (!due) return due.error();
  for (const auto* calls : {&*changed, &*due}) {
    for (const CallFacts& facts : *calls) {
      batch.events += facts.events().size();
      describe(facts, now, batch.messages);
    }
  }
  if (due->empty() && next_.offset == published_.offset) {
    due_.accept();
    return {};
  }
  next_.at = due_.since_when_accepted();
  batch.progress[partition_] = next_;
  return {};
}

void PartitionPublisher::accept() {
  due_.accept();
  published_ = next_;
}

Result<std::vector<CallFacts>> PartitionPublisher::read_changed(std::size_t events) {
  std::vector<CallFacts> changed;
  if (next_.offset == covered_) return changed;
  const auto cursor = parts_.log.scan(partition_, next_.offset);
  std::unordered_set<std::string> calls;
  for (std::size_t records = 0; records < kRecordsMax && changed.size() < kCallsMax && events < kEventsMax; ++records) {
    const auto more = cursor->next();
    if (!more) return more.error();
    if (!*more || cursor->place().offset >= covered_) {
      next_.offset = covered_;
      break;
    }
    const auto record = decode_record(cursor->bytes());
    if (!record) return record.error();
    next_.offset = cursor->place().offset + 1;
    if (!changes_a_call(*record) || !calls.emplace(record->key).second) continue;
    auto facts = parts_.store.find(record->key);
    if (!facts) return facts.error();
    if (!*facts) continue;  // Retention removed it.
    events += (*facts)->events().size();
    changed.push_back(std::move(**facts));
  }
  return changed;
}

void PartitionPublisher::describe(const CallFacts& known, Time now, std::vector<Message>& messages) {
  const CallFacts facts = known.before(next_.offset), before = known.before(published_.offset);
  if (facts.events().empty() || facts.partition() != partition_) return;
  const Time at = known_at(facts, now);
  due_.note(facts, at);
  const auto findings = parts_.rules.findings(facts, at);
  const auto open = open_rules(findings);
  const auto add = [&](Topic topic, const std::string& key, std::optional<std::string> value) {
    messages.push_back({topic, partition_, key, std::move(value)});
  };
  JsonWriter out;
  write_json(out, derive_call(facts), &open);
  add(Topic::kCalls, facts.call_id(), std::string(out.view()));
  std::unordered_set<std::string_view> ids;
  for (const Finding& finding : findings) {
    out.clear();
    write_json(out, finding);
    add(Topic::kFindings, finding.id, std::string(out.view()));
    ids.insert(finding.id);
  }
  // What came late may say that a finding of the state before never was one.
  if (before.events().size() == facts.events().size()) return;
  for (const Finding& finding : parts_.rules.findings(before, known_at(before, now))) {
    if (!ids.contains(finding.id)) add(Topic::kFindings, finding.id, {});
  }
}

}  // namespace hookledger
