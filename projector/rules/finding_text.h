#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "projector/rules/condition.h"
#include "projector/rules/rule_spec.h"

namespace hookledger::rules {

/// The legs concerned, each once, call by call in the order of its legs.
std::vector<Seen> legs_of(const std::vector<const Period*>& periods);

/// What a finding's sentences may speak of.
struct FindingContext {
  const RuleSpec& rule;
  const std::vector<const Period*>& periods;  ///< Not empty.
  std::vector<Seen> legs;                     ///< `legs_of(periods)`.
};

/// Fills a rule's template. Placeholders, where names beyond a few become "and N more":
///   {limit}          the rule's duration          {call}       the call's id
///   {cause} {since}  leg and time of the event that the deadline counts from
///   {legs}           "leg b", "legs b and c"      {legs since} the same with the time of each leg's event
///   {controls}       "control id x"               {missing}    "call.answered of leg b"
///   {organizations}  "org-1 and org-2"            {types}      types of the events that prove it
///   {count}          how many such events         {longest}    the longest time that something took
///   {device}         "device d", "devices d and e"
///   {calls}          "call c", "calls c and d": those that the evidence is of
///   {/pointer}       a value of the event that the deadline counts from
/// Text from webhooks is put in as it came; renderers escape. No placeholder but a pointer gives a phone number.
std::string fill_template(std::string_view text, const FindingContext& finding);

/// The same without a finding, for `rules explain`: "the control ids listed".
std::string explain_template(std::string_view text);

}  // namespace hookledger::rules
