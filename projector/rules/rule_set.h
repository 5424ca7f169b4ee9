#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "projector/rules/by_type.h"
#include "projector/rules/rate.h"
#include "projector/rules/rule_spec.h"
#include "projector/rules/wanted_fields.h"
#include "schemas/call_facts.h"
#include "schemas/finding.h"

namespace hookledger {

namespace rules {
class Scene;
}

/// A rule as users see it (`rules list`, `rules explain`).
struct RuleInfo {
  std::string name{};
  Severity severity = Severity::kWarning;
  bool noted = false;  ///< A fact of the past: noted, never open.
  bool enabled = true;
  std::string opens_when{}, ends_when{}, action{};
  std::vector<std::pair<std::string, std::string>> parameters{};  ///< ("within", "2s")
};

/// What is known of a device: its own events, and the calls that it takes part in.
struct DeviceFacts {
  std::string device;
  std::optional<CallFacts> own{};
  std::vector<CallFacts> calls{};
};

/// What a store's rule-made parts hang on.
struct RulesFingerprint {
  std::string conditions;  ///< What is found, and when.
  std::string fields;      ///< What of bodies is kept for it.
  friend bool operator==(const RulesFingerprint&, const RulesFingerprint&) = default;
};

/// The rules in force and their evaluation: pure functions of facts and a time (G9). Immutable, threads: any.
class RuleSet {
 public:
  explicit RuleSet(std::vector<rules::RuleSpec> rules);
  virtual ~RuleSet() = default;
  RuleSet(const RuleSet&) = delete;
  RuleSet& operator=(const RuleSet&) = delete;

  const std::vector<RuleInfo>& rules() const { return infos_; }
  const RulesFingerprint& fingerprint() const { return fingerprint_; }
  /// To the last word.
  bool same_as(const RuleSet& other) const { return fingerprint_ == other.fingerprint_ && wording_ == other.wording_; }
  /// What of the events' bodies has to be in `CallFacts::fields`.
  const rules::WantedFields& wanted_fields() const { return wanted_; }
  bool any_about_devices() const { return !device_rules_.empty(); }
  /// Those that watch a ratio.
  const std::vector<const rules::RuleSpec*>& rate_rules() const { return rate_rules_; }
  /// What the event counts as for them. `is_call`: are the facts those of a call?
  std::vector<rules::RateMark> rate_marks(const CallFacts& facts, const EventFact& event, bool is_call) const;

  /// Every finding of the call as of `at`, from what had been received by then; in order of (opened_at, rule).
  /// Of each rule there is one at a time, for all legs concerned: open with those concerned now, resolved
  /// with all that were. Something past is noted for as long as what is known still says so.
  virtual std::vector<Finding> findings(const CallFacts& facts, Time at) const;
  /// The first instant later than `after` at which a condition begins to hold if nothing more is received; may be
  /// past. Nothing: never. The deadline index is ordered by the first of all, so that a scan reads only what is due.
  std::optional<Time> next_deadline(const CallFacts& facts, Time after = Time::min()) const;

  /// The same of a device, by the rules about devices.
  std::vector<Finding> findings(const DeviceFacts& facts, Time at) const;
  std::optional<Time> next_deadline(const DeviceFacts& facts, Time after = Time::min()) const;

 private:
  using Rules = std::vector<const rules::RuleSpec*>;

  /// Of the rules about events those that have something to say, in their order.
  Rules concerned(const rules::Scene& scene) const;

  std::vector<rules::RuleSpec> specs_;
  rules::WantedFields wanted_;
  std::size_t patterns_;  ///< How many numbers theirs have.
  RulesFingerprint fingerprint_;
  std::string wording_;  ///< A hash of what people read.
  std::vector<RuleInfo> infos_;
  Rules state_rules_;                   ///< About legs and calls by their states.
  Rules event_rules_;                   ///< Others about legs and calls.
  std::vector<bool> always_looked_at_;  ///< By place in `event_rules_`: also when there is
  rules::ByType by_type_;               ///< no event of the types that concern it.
  Rules device_rules_, rate_rules_;
  rules::ByType rates_by_type_;
};

bool has_rule(const RuleSet& rules, std::string_view name);

/// Names of rules with an open finding, sorted, unique.
std::vector<std::string> open_rules(const std::vector<Finding>& findings);

}  // namespace hookledger
