#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "projector/alert_places.h"
#include "projector/call_store.h"
#include "projector/devices.h"
#include "projector/finding_book.h"
#include "projector/rates.h"
#include "projector/rules/rule_set.h"

namespace hookledger {

/// Where partitions move between processes: whose devices and ratios are ours, by the partition of their id.
struct SubjectOwners {
  std::function<std::set<std::uint32_t>()> here;
  /// Up to where another told of those of the partition; nothing: nobody knows.
  std::function<Result<std::optional<AlertPlace>>(std::uint32_t partition)> place;
  std::string fingerprint;  ///< Of our places: other ones are of other findings.
};

/// Shows a book the findings of devices and ratios of a store of all partitions that may have changed. Of those whose
/// partition another had, what was open or over a minute before its last place counts as told. One thread.
class SubjectWatch {
 public:
  /// What may reach the log after others that were received later.
  static constexpr Duration kSlack = std::chrono::minutes(1);

  /// All that is named outlives it. `owners`: null when all are ours.
  SubjectWatch(const CallStore& store, const RuleSet& rules, FindingBook& book, const SubjectOwners* owners)
      : store_(store), rules_(rules), book_(book), owners_(owners) {}

  /// Of findings, in a book. No id of a call begins so.
  static bool is_subject(std::string_view told) { return told.starts_with('\0'); }
  /// Of such a one: what decides of which partition it is.
  static std::string_view id_of(std::string_view told);

  /// Lets go of what is not here any more. True when partitions came or went since this was asked: then what is known
  /// has to be of an instant after it.
  bool note_owners();
  /// What is known of the partition counts no more, though it may be here.
  void let_go(std::uint32_t partition);
  /// Looks at some of what came. False: there is more of it. The progress
  /// tells whose subjects are looked at. Errors: those of store, book and places.
  Result<bool> follow(AlertProgress& progress, Time at, FindingBook::Now now);
  Result<void> observe_device(const std::string& device, Time at, FindingBook::Now now);
  /// Devices that became due after `since`, and every ratio.
  Result<void> observe_due(Time since, Time at, FindingBook::Now now);
  /// What is told of, looked at again.
  Result<void> observe_again(const std::string& told, Time at, FindingBook::Now now);

 private:
  Result<void> check(const AlertProgress& progress);
  Result<void> begin(std::uint32_t partition, AlertProgress& progress, Time at, FindingBook::Now now);
  Result<void> look_at_coming(Time at, FindingBook::Now now);
  bool is_ours(std::string_view id) const;
  Result<void> observe_rate(const rules::RateSubject& subject, Time since, Time at, FindingBook::Now now);
  Result<void> observe(const std::string& told, const std::vector<Finding>& findings, FindingBook::Now now);

  const CallStore& store_;
  const RuleSet& rules_;
  FindingBook& book_;
  const SubjectOwners* const owners_;
  std::set<std::uint32_t> here_;
  bool checked_ = false;                         ///< Was what the book says of partitions compared with the places?
  std::map<std::uint32_t, SubjectsPast> pasts_;  ///< Of all partitions that are here.
  std::set<std::uint32_t> coming_;               ///< Of which not all was looked at yet.
  std::string position_;                         ///< The device that comes next.
};

}  // namespace hookledger
