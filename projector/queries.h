#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "projector/call_store.h"
#include "projector/rules/rule_set.h"
#include "schemas/call.h"
#include "schemas/finding.h"

namespace hookledger {

struct CallFilter {
  std::optional<CallStatus> status;
  std::string organization, number;  ///< Empty: any.
  std::optional<Time> since, until;  ///< since <= first_at < until.
};

struct FindingFilter {
  std::optional<FindingStatus> status = FindingStatus::kOpen;  ///< Nothing: all.
  std::string rule, call_id;                                   ///< Empty: any.
  std::optional<Time> at;  ///< Nothing: `now`, and open ones are read through the deadline index.
};

/// A call as lists and documents show it.
struct ListedCall {
  Call call;
  std::vector<std::string> open_rules;
};

/// `next` is opaque, base64url, and empty on the last page.
template <class T>
struct Page {
  std::vector<T> items;
  std::string next;
  std::vector<std::string> cursors{};  ///< Of each item: where a page begins that comes behind it.
};

struct PageRequest {
  std::size_t limit = 50;  ///< At least 1.
  std::string cursor;      ///< Empty: the beginning; else `next` of the page before, of the same filter.
};

/// Where findings about devices and ratios come from, which need all partitions. Both outlive who uses it.
struct SubjectSource {
  const CallStore& store;
  const RuleSet& rules;
  std::vector<std::uint32_t> partitions{};  ///< Subjects whose id belongs to one of these; none given: all.

  bool has(std::string_view id) const;
};

/// Questions about calls, and about devices and ratios, whose findings stand before those of calls: pure functions of a
/// store and a time. `store` and `rules` outlive it. Threads: any. Errors: kInvalid (the cursor), kCorruption,
/// kUnavailable.
class Queries {
 public:
  Queries(const CallStore& store, const RuleSet& rules) : Queries(store, rules, {store, rules}) {}
  Queries(const CallStore& store, const RuleSet& rules, SubjectSource subjects)
      : store_(store), rules_(rules), subjects_(std::move(subjects)) {}

  const RuleSet& rules() const { return rules_; }

  /// Nothing when there is no such call.
  Result<std::optional<CallFacts>> call(std::string_view call_id) const { return store_.find(call_id); }
  Result<std::optional<CallFacts>> call_of_leg(std::string_view leg_or_control_id) const;

  /// The call with what is open on it at `now`. Facts must not be empty.
  ListedCall describe(const CallFacts& facts, Time now) const;

  /// Newest `first_at` first, then by id.
  Result<Page<ListedCall>> calls(const CallFilter& filter, const PageRequest& page, Time now) const;
  /// In the order of `FindingPosition`: of their calls, as above, then (opened_at, rule, id). Open ones at `now` cost
  /// what is due; all else walks the calls.
  Result<Page<Finding>> findings(const FindingFilter& filter, const PageRequest& page, Time now) const;

 private:
  const CallStore& store_;
  const RuleSet& rules_;
  const SubjectSource subjects_;
};

}  // namespace hookledger
