#include "projector/built_in_checks.h"

#include <algorithm>

namespace hookledger::checks {
namespace {

using Evidence = std::array<const EventFact*, 3>;

Condition due(Duration limit, const Evidence& evidence) {
  return {.holds_from = evidence.front()->occurred_at + limit, .evidence = evidence};
}

Condition past(const Evidence& evidence, Duration took = {}) {
  return {.holds_from = Condition::kAtOnce, .evidence = evidence, .took = took};
}

}  // namespace

std::optional<Condition> legs_ring_after_hangup(const KnownCall& call, LegIndex leg, Duration limit) {
  const Relations& relations = call.relations();
  const KnownLeg& it = call.legs()[leg];
  if (leg == kWholeCall || leg == relations.originator || it.ended != nullptr) return std::nullopt;
  if (relations.originator_ended == nullptr) return std::nullopt;
  return due(limit, {relations.originator_ended, it.named});
}

std::optional<Condition> legs_ring_after_answer(const KnownCall& call, LegIndex leg, Duration limit) {
  const Relations& relations = call.relations();
  const KnownLeg& it = call.legs()[leg];
  if (leg == kWholeCall || leg == relations.originator || it.answered != nullptr || it.ended != nullptr) {
    return std::nullopt;
  }
  if (relations.winner_answered == nullptr) return std::nullopt;
  return due(limit, {relations.winner_answered, it.named});
}

std::optional<Condition> answered_not_bridged(const KnownCall& call, LegIndex leg, Duration limit) {
  const KnownLeg& it = call.legs()[leg];
  if (leg == call.relations().originator || it.answered == nullptr) return std::nullopt;
  if (it.bridged != nullptr || it.ended != nullptr) return std::nullopt;
  return due(limit, {it.answered});
}

std::optional<Condition> no_answer_no_end(const KnownCall& call, LegIndex leg, Duration limit) {
  const KnownLeg& it = call.legs()[leg];
  if (it.initiated == nullptr || it.answered != nullptr || it.ended != nullptr) return std::nullopt;
  return due(limit, {it.initiated});
}

std::optional<Condition> peer_not_ended(const KnownCall& call, LegIndex leg, Duration limit) {
  const Relations& relations = call.relations();
  if (leg != relations.survivor) return std::nullopt;
  return due(limit, {relations.peer_ended, call.legs()[leg].bridged});
}

std::optional<Condition> no_end(const KnownCall& call, LegIndex leg, Duration limit) {
  const KnownLeg& it = call.legs()[leg];
  if (it.initiated == nullptr || it.ended != nullptr) return std::nullopt;
  return due(limit, {it.initiated});
}

std::optional<Condition> missing_event(const KnownCall& call, LegIndex leg, Duration limit) {
  if (leg == kWholeCall) return std::nullopt;
  const KnownLeg& it = call.legs()[leg];
  const EventFact* proves_initiated = it.initiated == nullptr ? it.named : nullptr;
  const EventFact* proves_answered = it.answered == nullptr ? it.bridged : nullptr;
  std::optional<Condition> condition;
  if (proves_initiated != nullptr) {  // Named no later than bridged, so its deadline comes first.
    condition = due(limit, {proves_initiated, proves_answered});
    condition->missing = proves_answered == nullptr ? "call.initiated" : "call.initiated and call.answered";
  } else if (proves_answered != nullptr) {
    condition = due(limit, {proves_answered});
    condition->missing = "call.answered";
  }
  return condition;
}

std::optional<Condition> recording_not_saved(const KnownCall& call, LegIndex leg, Duration limit) {
  const Relations& relations = call.relations();
  if (leg != kWholeCall || relations.last_ended == nullptr || relations.recording != nullptr) return std::nullopt;
  return due(limit, {relations.last_ended});
}

std::optional<Condition> organization_conflict(const KnownCall& call, LegIndex leg, Duration /*limit*/) {
  const KnownLeg& it = call.legs()[leg];
  if (!call.relations().several_organizations || it.organization == nullptr) return std::nullopt;
  return past({it.organization, it.other_organization});
}

std::optional<Condition> double_answer(const KnownCall& call, LegIndex leg, Duration /*limit*/) {
  if (!std::ranges::binary_search(call.answered_together(), leg)) return std::nullopt;
  return past({call.legs()[leg].answered});
}

std::optional<Condition> late_event(const EventFact& event, Duration limit) {
  const bool by_webhook = event.provenance == Provenance::kDelivered || event.provenance == Provenance::kImported;
  const Duration lag = event.received_at - event.occurred_at;
  if (!event.timed || !by_webhook || lag <= limit) return std::nullopt;
  return past({&event}, lag);
}

std::optional<Condition> slow_bridge(const KnownCall& call, LegIndex leg, Duration limit) {
  const KnownLeg& it = call.legs()[leg];
  if (it.answered == nullptr || it.bridged == nullptr) return std::nullopt;
  if (leg == call.relations().originator && call.relations().winner != kNoLeg) return std::nullopt;
  const Duration took = it.bridged->occurred_at - it.answered->occurred_at;
  if (took <= limit) return std::nullopt;
  return past({it.answered, it.bridged}, took);
}

}  // namespace hookledger::checks
