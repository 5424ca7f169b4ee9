#include "projector/subject_watch.h"

#include <algorithm>
#include <iterator>

#include "projector/findings_then.h"
#include "schemas/place.h"

namespace hookledger {
namespace {

/// Bounds of one look.
constexpr std::size_t kDevicesMax = 500;

const std::string kDevice("\0device\0", 8), kRate("\0rate\0", 6);

std::string id_of_rate(const rules::RateSubject& subject) {
  return subject.rule + '\0' + subject.whose + '\0' + subject.value;
}

}  // namespace

std::string_view SubjectWatch::id_of(std::string_view told) {
  return told.substr(told.starts_with(kDevice) ? kDevice.size() : kRate.size());
}

bool SubjectWatch::note_owners() {
  if (owners_ == nullptr) return false;
  auto here = owners_->here();
  const bool changed = std::exchange(here_, here) != here;
  const auto is_gone = [&](std::uint32_t partition) { return !here_.contains(partition); };
  std::erase_if(pasts_, [&](const auto& one) { return is_gone(one.first); });
  std::erase_if(coming_, is_gone);
  return changed;
}

void SubjectWatch::let_go(std::uint32_t partition) {
  here_.erase(partition);
  pasts_.erase(partition);
  coming_.erase(partition);
}

Result<bool> SubjectWatch::follow(AlertProgress& progress, Time at, FindingBook::Now now) {
  if (owners_ == nullptr) return true;
  if (!checked_) {
    if (const auto checked = check(progress); !checked) return checked.error();
  }
  for (const std::uint32_t partition : here_) {
    if (pasts_.contains(partition)) continue;
    if (const auto begun = begin(partition, progress, at, now); !begun) return begun.error();
  }
  if (const auto looked = look_at_coming(at, now); !looked) return looked.error();
  progress.subjects = pasts_;
  for (const std::uint32_t partition : coming_) progress.subjects.erase(partition);
  return coming_.empty();
}

/// What another told of meanwhile begins anew.
Result<void> SubjectWatch::check(const AlertProgress& progress) {
  for (const auto& [partition, past] : progress.subjects) {
    if (!here_.contains(partition)) continue;
    const auto place = owners_->place(partition);
    if (!place) return place.error();
    if (!*place || (*place)->at <= progress.at) pasts_[partition] = past;
  }
  checked_ = true;
  return {};
}

Result<void> SubjectWatch::begin(std::uint32_t partition, AlertProgress& progress, Time at, FindingBook::Now now) {
  const auto place = owners_->place(partition);
  if (!place) return place.error();
  pasts_[partition] = *place ? SubjectsPast{(*place)->at - kSlack, (*place)->fingerprint == owners_->fingerprint}
                             : SubjectsPast{at, false};
  if (*place) progress.openings = static_cast<std::uint64_t>(now.wall.time_since_epoch().count());
  coming_.insert(partition);
  position_.clear();
  return {};
}

Result<void> SubjectWatch::look_at_coming(Time at, FindingBook::Now now) {
  if (coming_.empty()) return {};
  const auto devices = known_devices(store_, position_, kDevicesMax);
  if (!devices) return devices.error();
  for (const std::string& device : *devices) {
    if (!coming_.contains(partition_of(device, store_.partitions()))) continue;
    if (const auto observed = observe_device(device, at, now); !observed) return observed;
  }
  if (devices->size() >= kDevicesMax) {
    position_ = *devices->rbegin() + '\0';
    return {};
  }
  const auto subjects = rate_subjects(store_);
  if (!subjects) return subjects.error();
  for (const rules::RateSubject& subject : *subjects) {
    const std::uint32_t partition = partition_of(id_of_rate(subject), store_.partitions());
    if (!coming_.contains(partition)) continue;
    if (const auto observed = observe_rate(subject, pasts_.at(partition).at, at, now); !observed) return observed;
  }
  coming_.clear();
  return {};
}

Result<void> SubjectWatch::observe_device(const std::string& device, Time at, FindingBook::Now now) {
  if (!rules_.any_about_devices() || !is_ours(device)) return {};
  const auto facts = load_device(store_, device);
  if (!facts) return facts.error();
  if (facts->own) at = known_at(*facts->own, at);
  for (const CallFacts& call : facts->calls) at = known_at(call, at);
  return observe(kDevice + device, rules_.findings(*facts, at), now);
}

Result<void> SubjectWatch::observe_rate(const rules::RateSubject& subject, Time since, Time at, FindingBook::Now now) {
  if (!is_ours(id_of_rate(subject))) return {};
  const auto findings = rate_findings(store_, rules_, subject, since, at);
  if (!findings) return findings.error();
  return observe(kRate + id_of_rate(subject), *findings, now);
}

Result<void> SubjectWatch::observe_due(Time since, Time at, FindingBook::Now now) {
  const auto devices = devices_due_after(store_, since, at);
  if (!devices) return devices.error();
  for (const std::string& device : *devices) {
    if (const auto observed = observe_device(device, at, now); !observed) return observed;
  }
  const auto subjects = rate_subjects(store_);
  if (!subjects) return subjects.error();
  for (const rules::RateSubject& subject : *subjects) {
    if (const auto observed = observe_rate(subject, since, at, now); !observed) return observed;
  }
  return {};
}

Result<void> SubjectWatch::observe_again(const std::string& told, Time at, FindingBook::Now now) {
  // Every look looks at all ratios.
  return told.starts_with(kDevice) ? observe_device(told.substr(kDevice.size()), at, now) : Result<void>();
}

bool SubjectWatch::is_ours(std::string_view id) const {
  return owners_ == nullptr || pasts_.contains(partition_of(id, store_.partitions()));
}

/// What was known then nothing tells but the times of the findings.
Result<void> SubjectWatch::observe(const std::string& told, const std::vector<Finding>& findings,
                                   FindingBook::Now now) {
  if (owners_ == nullptr) {
    const auto& progress = book_.progress();
    return book_.observe(
        told, findings, [&](const Finding& one) { return !progress || one.opened_at <= progress->past_at; }, now);
  }
  const SubjectsPast& past = pasts_.at(partition_of(id_of(told), store_.partitions()));
  const auto was_over = [&](const Finding& one) {
    return one.status != FindingStatus::kOpen && one.resolved_at.value_or(one.opened_at) <= past.at;
  };
  if (past.told) {
    std::vector<Finding> open;
    std::ranges::copy_if(findings, std::back_inserter(open), [&](const Finding& one) {
      return one.status != FindingStatus::kNoted && one.opened_at <= past.at && !was_over(one);
    });
    if (const auto counted = book_.count_as_told(told, open); !counted) return counted;
  }
  return book_.observe(told, findings, was_over, now);
}

}  // namespace hookledger
