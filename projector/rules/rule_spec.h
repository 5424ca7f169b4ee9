#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "schemas/finding.h"
#include "schemas/time.h"

/// What a rule file says, with every name resolved and every type checked. The language: schemas/rules/README.md.
namespace hookledger::rules {

enum class Kind : std::uint8_t { kExpect, kForbid, kAtMost, kSpread, kSequence, kRate };
/// Whose events a rule looks at together.
enum class Scope : std::uint8_t { kCall, kLeg, kDevice, kOrganization };
/// Which legs of a call a rule is about.
enum class Legs : std::uint8_t {
  kAll,
  kOthers,    ///< Other than the originator.
  kAnswering  ///< Those, and the originator when none of them has answered.
};

/// A leg's or a call's event by what it means, whichever provider told it.
enum class LegState : std::uint8_t {
  kNamed,  ///< The first event that names it; none where the provider tells only what was subscribed to.
  kInitiated,
  kRinging,
  kAnswered,
  kBridged,
  kEnded
};
enum class CallState : std::uint8_t {
  kBegun,      ///< The first event by time.
  kEnded,      ///< The end of the last leg, when all have ended.
  kRecorded,   ///< A recording was saved.
  kOrganized,  ///< A provider's event names the organisation.
  kActive      ///< Not an event but a time: from the first answer to the end. For `at-most` of a device.
};
/// Whose leg state, for a rule about a leg.
enum class Of : std::uint8_t {
  kThis,
  kOriginator,
  kWinner,
  kPeer  ///< Of exactly two bridged legs, of which this is one, the other.
};

/// A value of an event. `pointer` (RFC 6901) is into what the event carries: Telnyx `data.payload`, a CloudEvent's
/// `data`, Twilio's parameters; only scalars are values.
struct Field {
  enum Name : std::uint8_t {
    kPointer,
    kType,
    kSource,
    kProvenance,
    kCallId,
    kLegId,
    kDeviceId,
    kOrganizationId,  ///< As the call model reads it; of telemetry, its `organization_id`.
    kDirection,
    kFrom,
    kTo,
    kHangupCause,
    kOccurredAt,
    kReceivedAt,
    kLag,        ///< Received minus occurred; absent when the event told no time.
    kTelemetry,  ///< A boolean: an application or device says it, not the provider.
    // Of the call that the event belongs to, as it is known:
    kCallOrganizationId,
    kCallEndedAt,
    kCallAnsweredAt
  };
  Name name = kPointer;
  std::string pointer{};   ///< kOrganizationId: of telemetry, `/organization_id`.
  std::uint32_t slot = 0;  ///< Of the pointer in EventFields; the rule set gives it.

  friend auto operator<=>(const Field&, const Field&) = default;
};

enum class Type : std::uint8_t { kText, kNumber, kBoolean, kTime, kDuration };
using Literal = std::variant<std::string, double, bool, Time, Duration>;  ///< In the order of `Type`.

enum class Test : std::uint8_t {
  kPresent,  ///< Operand: a boolean. Absent, null and "" are not present.
  kEqual,    ///< False for an absent field, as are the four below and kIn.
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kIn,
  kNotEqual,  ///< True for an absent field.
  kNotIn,     ///< True for an absent field.
  kNames      ///< Does the text name something that the state has? Operand: `known`.
};
/// What a field may name.
enum class Known : std::uint8_t { kLeg, kEndedLeg, kNoLeg };

/// One comparison of a field; a pattern's comparisons must all hold.
struct Comparison {
  Field field;
  Type type = Type::kText;  ///< The field is read as this; what cannot be is absent.
  Test test = Test::kEqual;
  std::vector<Literal> literals;  ///< One, or those of kIn and kNotIn.
  std::optional<Field> other;     ///< In place of a literal; an absent one makes the comparison false.
  Known known = Known::kLeg;

  friend auto operator<=>(const Comparison&, const Comparison&) = default;
};

/// Which events a rule means.
struct Pattern {
  enum What : std::uint8_t { kEvent, kLeg, kCall };
  What what = kEvent;
  std::vector<std::string> types;  ///< kEvent: one of these; `*` alone is any, `device.*` any that begins so.
  LegState leg = LegState::kNamed;
  Of of = Of::kThis;
  CallState call = CallState::kBegun;
  std::vector<Comparison> where;  ///< kEvent only.
  std::uint32_t number = 0;       ///< Among the patterns that differ; the rule set gives it.
};

/// A state during which something must not happen, or a deadline counts.
enum class While : std::uint8_t {
  kAlways,
  kCallOpen,     ///< Not every leg of the event's call has ended.
  kCallActive,   ///< And one has been answered.
  kCallEnded,    ///< Every leg has ended.
  kDeviceActive  ///< The event's device has a call that is active.
};

/// `expect`: a deadline after `when` by which one of `then` must have come.
struct Pair {
  Pattern when;
  std::vector<Pattern> then;
  std::string missing;  ///< What `{missing}` says of it.
};

struct RuleSpec {
  std::string name;                   ///< Letters, digits and dashes.
  std::vector<std::string> failures;  ///< Rows of the catalogue that it answers.
  Kind kind = Kind::kExpect;
  Scope scope = Scope::kCall;
  Legs legs = Legs::kAll;
  Severity severity = Severity::kWarning;
  bool enabled = true;
  bool noted = false;  ///< A fact of the past: noted, never open. `spread` and `sequence` always are.
  While during = While::kAlways;
  /// Events go together only when these are equal; an absent one equals an absent one.
  std::vector<Field> same;

  std::vector<Pair> pairs;           ///< kExpect; kSequence: one, with one `then`.
  bool late = false;                 ///< kExpect: noted when it came too late; silent while it has not come.
  std::optional<Pattern> condition;  ///< kExpect: only when there is such an event (`if`).
  std::optional<Pattern> meanwhile;  ///< kExpect: such events from `when` on are evidence too.
  Duration within{};                 ///< kExpect, kSequence.
  Duration skew{};                   ///< kExpect: `then` may lie so much before `when`: clocks differ.
  std::optional<Field> due;          ///< kExpect, in place of `within`: a time field of `when`, and
  Duration before_due{};             ///< so much before it.

  Pattern event;                  ///< kForbid; kAtMost: what begins one; kSpread; kRate: the numerator.
  std::optional<Pattern> until;   ///< kForbid: it holds until such an event; kAtMost: what ends one.
  std::optional<Field> by;        ///< kAtMost: beginnings and ends with an equal value belong together.
  std::optional<Field> distinct;  ///< kAtMost: different values are counted, not events.
  std::uint64_t max = 1;          ///< kAtMost.
  Duration spread{};              ///< kSpread: at most.

  Pattern base;                                        ///< kRate: the denominator.
  std::optional<Field> per;                            ///< kRate: a ratio for each value.
  Field organization{.name = Field::kOrganizationId};  ///< Scopes device and organisation: whose it is.
  Duration over{};                                     ///< kRate: the window.
  double above = 0;                                    ///< kRate: 0.2 is 20 %.
  std::uint64_t at_least = 1;                          ///< kRate: of the denominator.

  std::string summary, action;        ///< Templates: projector/rules/finding_text.h.
  std::vector<Field> shown;           ///< The pointers in them, `{/caller_name}`; the rule set finds them.
  std::string opens_when, ends_when;  ///< For `rules explain`.
  /// What a user may tune, as `rules list` shows it: ("within", "2s").
  std::vector<std::pair<std::string, std::string>> parameters;
};

}  // namespace hookledger::rules
