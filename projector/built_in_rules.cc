#include "projector/built_in_checks.h"
#include "projector/rule.h"

namespace hookledger {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

std::vector<Rule> built_in_table() {
  return {
      {.info = {.name = "legs-ring-after-hangup",
                .severity = Severity::kCritical,
                .opens_when = "2 s after the originator (the caller's leg) ended, another leg of the call has not: "
                              "somebody's phone rings, or stays off the hook, for a caller who has gone.",
                .ends_when = "The end of every other leg is received.",
                .parameters = {{"after", seconds(2)}}},
       .summary = "The originator, {cause}, ended at {since}, but {legs} had not ended {limit} later.",
       .action = "Hang up {controls} at the provider, then check why the application did not when it got the "
                 "originator's call.hangup.",
       .leg_check = checks::legs_ring_after_hangup},
      {.info = {.name = "legs-ring-after-answer",
                .severity = Severity::kWarning,
                .opens_when = "2 s after the winner (the first leg but the originator to answer) answered, another leg "
                              "has neither answered nor ended: it rings although the call is taken.",
                .ends_when = "An answer or the end of each such leg is received.",
                .parameters = {{"after", seconds(2)}}},
       .summary = "The winner, {cause}, answered at {since}, but {legs} had neither answered nor ended {limit} later.",
       .action = "Hang up {controls} at the provider unless it is a transfer that should ring, then check whether the "
                 "application knew all legs when the winner answered.",
       .leg_check = checks::legs_ring_after_answer},
      {.info = {.name = "answered-not-bridged",
                .severity = Severity::kCritical,
                .opens_when = "10 s after a leg other than the originator answered, it is neither bridged nor ended: "
                              "somebody has picked up and hears silence.",
                .ends_when = "A bridge or the end of each such leg is received.",
                .parameters = {{"after", seconds(10)}}},
       .summary = "No bridge and no end followed within {limit} of the answer of {legs since}.",
       .action = "Ask the provider for the state of {controls}: if alive, bridge or hang up; then look in the "
                 "application's log of call {call} for the bridge command that failed or was never sent.",
       .leg_check = checks::answered_not_bridged},
      {.info = {.name = "no-answer-no-end",
                .severity = Severity::kWarning,
                .opens_when = "60 s after a leg was initiated, it has neither been answered nor ended: it rings beyond "
                              "any ringing time, or its webhooks were lost.",
                .ends_when = "An answer or the end of each such leg is received.",
                .parameters = {{"after", seconds(60)}}},
       .summary = "No answer and no end followed within {limit} of the start of {legs since}.",
       .action = "Ask the provider for the state of {controls}: hang up what still rings; what is gone there lost its "
                 "webhooks, so check their delivery.",
       .leg_check = checks::no_answer_no_end},
      {.info = {.name = "peer-not-ended",
                .severity = Severity::kCritical,
                .opens_when = "Exactly two legs were bridged, and 10 s after one ended the other has not: one party is "
                              "left alone on the line, and it costs.",
                .ends_when = "The other leg's end is received, or a further leg is bridged.",
                .parameters = {{"after", seconds(10)}}},
       .summary = "Of two bridged legs {cause} ended at {since}, but {legs} had not ended {limit} later.",
       .action = "Ask the provider for the state of {controls} and hang up if nobody is to join; then check how the "
                 "application handles the end of a bridged leg.",
       .leg_check = checks::peer_not_ended},
      {.info = {.name = "no-end",
                .severity = Severity::kWarning,
                .opens_when = "4 h 5 min after a leg was initiated, it has not ended: longer than the provider lets a "
                              "call last, so its hangup was most likely lost.",
                .ends_when = "The end of each such leg is received.",
                .parameters = {{"after", hours(4) + minutes(5)}}},
       .summary = "No end followed within {limit} of the start of {legs since}.",
       .action = "Ask the provider for the state of {controls} before you hang up anything, for age alone does not "
                 "prove a call dead; if it is gone there, a call.hangup was lost.",
       .leg_check = checks::no_end},
      {.info = {.name = "missing-event",
                .severity = Severity::kWarning,
                .opens_when = "5 s after an event that proves an earlier one (any event of a leg its call.initiated, "
                              "call.bridged a call.answered), that one has not been received.",
                .ends_when = "All missing events are received.",
                .parameters = {{"after", seconds(5)}}},
       .summary = "Other events prove what was not received within {limit}: {missing}.",
       .action = "Check at the provider which deliveries for call {call} failed and whether the sink was reachable "
                 "then; the application has not seen these events of {legs} either.",
       .leg_check = checks::missing_event},
      {.info = {.name = "recording-not-saved",
                .severity = Severity::kWarning,
                .opens_when = "A recording was expected, and 5 min after the call ended none has been saved.",
                .ends_when = "A recording of the call is received.",
                .parameters = {{"after", minutes(5)}}},
       .summary = "The call ended at {since}, but no recording was saved within {limit}.",
       .action = "Look for a recording of call {call} at the provider; if there is none, check that the application "
                 "started it.",
       .leg_check = checks::recording_not_saved},
      {.info = {.name = "organization-conflict",
                .severity = Severity::kCritical,
                .noted = true,
                .opens_when = "Events of one call name different organisations in their client_state: the call may "
                              "have been handled, or shown, in the wrong one."},
       .summary = "Events of this call name different organisations: {organizations}.",
       .action = "Compare client_state along call {call} and find the command that set the wrong organisation; check "
                 "who saw the call.",
       .leg_check = checks::organization_conflict},
      {.info = {.name = "double-answer",
                .severity = Severity::kWarning,
                .noted = true,
                .opens_when = "Two legs other than the originator were answered and not ended at the same time: two "
                              "people picked up one call."},
       .summary = "Answered at the same time, beside the originator: {legs since}.",
       .action = "Check that the application bridged only the winner and hung up the rest of {controls}.",
       .leg_check = checks::double_answer},
      {.info = {.name = "late-event",
                .severity = Severity::kInfo,
                .noted = true,
                .opens_when = "A webhook was received more than 2 s after its event occurred. Recovered and synthetic "
                              "events, and those that tell no time, do not count.",
                .parameters = {{"more-than", seconds(2)}}},
       .summary = "Received more than {limit} after it occurred: {count} of the call's events ({types}), at most "
                  "{longest} late.",
       .action = "Check the sink's availability and the provider's delivery attempts at that time; decisions of the "
                 "application in between rested on old facts.",
       .event_check = checks::late_event},
      {.info = {.name = "slow-bridge",
                .severity = Severity::kInfo,
                .noted = true,
                .opens_when = "From a leg's answer to its bridge more than 10 s passed: the one who picked up heard "
                              "silence. The originator counts only when no other leg was answered.",
                .parameters = {{"more-than", seconds(10)}}},
       .summary = "The bridge came up to {longest} after the answer, against a limit of {limit}: {legs since}.",
       .action = "Look in the application's log of call {call} for what it waited for between answer and bridge.",
       .leg_check = checks::slow_bridge},
  };
}

}  // namespace

std::unique_ptr<RuleSet> built_in_rules(const BuiltInRuleOptions& options) {
  std::vector<Rule> rules = built_in_table();
  for (Rule& rule : rules) {
    if (rule.leg_check == checks::recording_not_saved) rule.info.enabled = options.expect_recordings;
    if (rule.info.noted) rule.info.ends_when = "Never open: noted, unless later facts show that it was not so.";
  }
  return make_rule_set(std::move(rules));
}

}  // namespace hookledger
