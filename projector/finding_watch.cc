#include "projector/finding_watch.h"

#include <algorithm>
#include <unordered_set>

#include "projector/findings_then.h"
#include "projector/folding.h"

namespace hookledger {
namespace {

/// Bounds of one step.
constexpr std::size_t kCallsMax = 500, kRecordsMax = 20'000, kSubjectsMax = 500;

}  // namespace

FindingWatch::FindingWatch(Parts parts, std::vector<std::uint32_t> partitions, FindingBook& book, Scope scope)
    : parts_(parts), partitions_(std::move(partitions)), book_(book), calls_(scope.calls) {
  if (scope.subjects) subjects_.emplace(parts_.store, parts_.rules, book_, scope.owners);
}

Result<bool> FindingWatch::step(FindingBook::Now now) {
  if (const auto saved = book_.save(); !saved) return saved.error();
  note_owners();
  if (book_.full()) return false;
  const auto reached = reach_horizon(now.wall);
  if (!reached || !*reached) return reached;
  AlertProgress progress =
      book_.progress().value_or(AlertProgress{horizon_->ends, Time(), horizon_->ends, horizon_->at});
  if (subjects_) {
    const auto followed = subjects_->follow(progress, horizon_->at, now);
    if (!followed) return followed;
    if (!*followed) {
      const auto committed = book_.commit(progress);
      return committed ? Result<bool>(true) : committed.error();
    }
  }
  if (!due_) due_.emplace(parts_.store, parts_.rules, progress.at);
  const auto changed = read_changed(progress);
  if (!changed) return changed.error();
  DeviceIds devices = changed->devices;
  for (const std::string& call : changed->calls) {
    const auto facts = parts_.store.find(call);
    if (!facts) return facts.error();
    if (!*facts) continue;  // Retention removed it.
    if (calls_) {
      due_->note(**facts, known_at(**facts, horizon_->at));
      if (const auto observed = observe(**facts, now); !observed) return observed.error();
    }
    for (const Text device : devices_of(**facts)) devices.emplace((*facts)->text(device));
  }
  for (const std::string& device : subjects_ ? devices : DeviceIds()) {
    if (const auto observed = subjects_->observe_device(device, horizon_->at, now); !observed) return observed.error();
  }
  const bool read_all = progress.offsets == horizon_->ends;
  const auto due = due_->next(horizon_->at, read_all ? kCallsMax : 0);
  if (!due) return due.error();
  for (const CallFacts& facts : calls_ ? *due : std::vector<CallFacts>()) {
    if (const auto observed = observe(facts, now); !observed) return observed.error();
  }
  const Time before = progress.at;
  progress.at = due_->since_when_accepted();
  if (subjects_ && progress.at == horizon_->at) {
    if (const auto observed = subjects_->observe_due(before, horizon_->at, now); !observed) return observed.error();
  }
  if (const auto committed = book_.commit(progress); !committed) return committed.error();
  due_->accept();
  if (!read_all || progress.at < horizon_->at) return true;
  book_.complete();
  horizon_.reset();
  return !changed->calls.empty() || !changed->devices.empty();
}

void FindingWatch::note_owners() {
  if (subjects_ && subjects_->note_owners()) horizon_.reset();
}

void FindingWatch::let_go(std::uint32_t partition) {
  if (subjects_) subjects_->let_go(partition);
}

Result<bool> FindingWatch::reach_horizon(Time now) {
  if (!horizon_) {
    // A clock that went back must not make anything undone.
    const auto& progress = book_.progress();
    Horizon horizon{progress ? std::max({now, progress->at, progress->past_at}) : now, {}};
    for (const std::uint32_t partition : partitions_) {
      const auto end = parts_.log.ask_end(partition);
      if (!end) return end.error();
      horizon.ends[partition] = *end;
    }
    horizon_ = std::move(horizon);
  }
  for (const auto& [partition, end] : horizon_->ends) {
    const auto covered = parts_.store.covered(partition);
    if (!covered) return covered.error();
    if (*covered < end) return false;
  }
  return true;
}

Result<FindingWatch::Changed> FindingWatch::read_changed(AlertProgress& progress) {
  Changed changed;
  std::unordered_set<std::string> seen;
  std::size_t records = 0;
  for (const auto& [partition, end] : horizon_->ends) {
    std::uint64_t& offset = progress.offsets[partition];
    if (offset >= end) {
      offset = end;
      continue;
    }
    const auto cursor = parts_.log.scan(partition, offset);
    while (true) {
      if (records == kRecordsMax || changed.calls.size() == kCallsMax) return changed;
      const auto more = cursor->next();
      if (!more) return more.error();
      if (!*more || cursor->place().offset >= end) break;
      const auto record = decode_record(cursor->bytes());
      if (!record) return record.error();
      ++records;
      offset = cursor->place().offset + 1;
      if (changes_a_call(*record) && seen.emplace(record->key).second) changed.calls.emplace_back(record->key);
      if (changes_a_device(*record)) changed.devices.emplace(record->key);
    }
    offset = end;
  }
  return changed;
}

Result<void> FindingWatch::observe(const CallFacts& facts, FindingBook::Now now) {
  const auto& progress = book_.progress();
  const Time at = known_at(facts, horizon_ ? horizon_->at : now.wall);
  const auto findings = parts_.rules.findings(facts, at);
  if (!progress)
    return book_.observe(
        facts.call_id(), findings, [](const Finding&) { return true; }, now);
  FindingsThen then(facts, parts_.rules, *progress, at);
  if (const auto counted = book_.count_as_told(facts.call_id(), then.told(findings)); !counted) return counted;
  return book_.observe(
      facts.call_id(), findings, [&](const Finding& one) { return then.was_over(one); }, now);
}

Result<void> FindingWatch::look_back(FindingBook::Now now) {
  if (const auto saved = book_.save(); !saved) return saved;
  if (!book_.progress() || book_.full()) return {};
  const auto reached = reach_horizon(now.wall);
  if (!reached) return reached.error();
  if (!*reached) return {};
  const auto subjects = book_.told_subjects(kSubjectsMax);
  if (!subjects) return subjects.error();
  for (const std::string& subject : *subjects) {
    if (SubjectWatch::is_subject(subject)) {
      if (!subjects_) continue;
      if (const auto done = subjects_->observe_again(subject, horizon_->at, now); !done) return done;
      continue;
    }
    const auto facts = parts_.store.find(subject);
    if (!facts) return facts.error();
    const auto done = *facts ? observe(**facts, now) : book_.forget(subject);
    if (!done) return done;
  }
  return book_.commit(*book_.progress());
}

}  // namespace hookledger
