#include "projector/known_call.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <numeric>
#include <tuple>

namespace hookledger {

bool stands_before(const KnownLeg& left, const KnownLeg& right) {
  const auto rank = [](const KnownLeg& leg) {
    return std::tuple(leg.initiated == nullptr, leg.initiated == nullptr ? Time{} : leg.initiated->occurred_at, leg.id);
  };
  return rank(left) < rank(right);
}

LegIndex KnownCall::add(const EventFact& event) {
  events_.push_back(&event);
  const std::size_t legs_before = legs_.size();
  const LegIndex index = leg_of(event.leg);
  KnownLeg& leg = legs_[index];
  bool changed = legs_.size() != legs_before;
  if (index != kWholeCall) changed |= add_to_leg(leg, event);
  if (comes_before(event, begun_)) {
    begun_ = &event;
    changed = true;
  }
  if (event.organization != 0) changed |= take_if_first(organization_, event);
  if (event.recording != 0) changed |= take_if_first(recording_, event);
  if (changed) changed_.push_back(index);
  return index;
}

const std::vector<LegIndex>& KnownCall::settle() {
  settled_.clear();
  if (changed_.empty()) return settled_;
  settled_.swap(changed_);
  const Relations relations = relate();
  const auto speaks_for_all = [&](LegIndex leg) { return leg == relations.originator || leg == relations.winner; };
  if (relations != relations_ || std::ranges::any_of(settled_, speaks_for_all)) {
    settled_.resize(legs_.size());
    std::iota(settled_.begin(), settled_.end(), kWholeCall);
  } else {
    for (std::size_t i = settled_.size(); i-- > 0;) {
      if (const LegIndex peer = relations.peer_of(settled_[i]); peer != kNoLeg) settled_.push_back(peer);
    }
    std::ranges::sort(settled_);
    settled_.erase(std::unique(settled_.begin(), settled_.end()), settled_.end());
  }
  relations_ = relations;
  return settled_;
}

LegIndex KnownCall::leg_of(Text id) {
  if (id == 0) return kWholeCall;
  if (leg_by_text_.size() <= id) leg_by_text_.resize(id + 1, kWholeCall);
  LegIndex& index = leg_by_text_[id];
  if (index == kWholeCall) {
    index = static_cast<LegIndex>(legs_.size());
    legs_.push_back({.id = facts_.text(id)});
  }
  return index;
}

bool KnownCall::add_to_leg(KnownLeg& leg, const EventFact& event) {
  bool changed = false;
  if (comes_before(event, leg.named)) {
    leg.named = &event;
    changed = true;
  }
  if (event.control_id != 0) take_if_first(leg.control_id, event);
  if (event.direction != 0 && take_if_first(leg.direction, event)) {
    const bool incoming = facts_.text(event.direction) == "incoming";
    changed |= incoming != leg.incoming;
    leg.incoming = incoming;
  }
  changed |= (event.dialled && !leg.dialled) || (event.by_subscription && !leg.by_subscription);
  leg.dialled |= event.dialled;
  leg.by_subscription |= event.by_subscription;
  if (event.dialled && event.effect == Effect::kAnswered) changed |= take_if_first(leg.bridged, event);
  switch (event.effect) {
    case Effect::kInitiated: return take_if_first(leg.initiated, event) || changed;
    case Effect::kRinging: return take_if_first(leg.ringing, event) || changed;
    case Effect::kAnswered: return take_if_first(leg.answered, event) || changed;
    case Effect::kBridged: return take_if_first(leg.bridged, event) || changed;
    case Effect::kHangup: return take_if_first(leg.ended, event) || changed;
    case Effect::kNone:
    case Effect::kRecording: return changed;
  }
  return changed;
}

bool KnownCall::comes_before(const EventFact& event, const EventFact* other) const {
  const auto order = [this](const EventFact& fact) {
    return std::tuple(fact.occurred_at, facts_.text(fact.id), fact.telemetry);
  };
  return other == nullptr || order(event) < order(*other);
}

bool KnownCall::take_if_first(const EventFact*& current, const EventFact& event) const {
  const auto rank = [this](const EventFact& fact) {
    return std::tuple(fact.provenance, fact.occurred_at, facts_.text(fact.id), fact.telemetry);
  };
  if (current != nullptr && rank(*current) <= rank(event)) return false;
  current = &event;
  return true;
}

Relations KnownCall::relate() const {
  Relations found;
  found.begun = begun_;
  found.recording = recording_;
  found.organization = organization_;
  bool all_ended = legs_.size() > 1;
  std::array<LegIndex, 2> bridged{};
  std::size_t bridged_count = 0;
  for (LegIndex index = 1; index < legs_.size(); ++index) {
    const KnownLeg& leg = legs_[index];
    const auto originates_before = [&](const KnownLeg& other) {
      return leg.incoming != other.incoming ? leg.incoming : stands_before(leg, other);
    };
    all_ended &= leg.ended != nullptr;
    if (leg.dialled) continue;
    if (found.originator == kNoLeg || originates_before(legs_[found.originator])) found.originator = index;
    if (leg.bridged != nullptr && bridged_count++ < bridged.size()) bridged[bridged_count - 1] = index;
  }
  if (bridged_count == bridged.size()) found.bridged_pair = bridged;
  const EventFact* won = nullptr;
  for (LegIndex index = 1; index < legs_.size(); ++index) {
    const KnownLeg& leg = legs_[index];
    if (index != found.originator && leg.answered != nullptr && comes_before(*leg.answered, won)) {
      found.winner = index;
      won = leg.answered;
    }
    if (all_ended && (found.last_ended == nullptr || comes_before(*found.last_ended, leg.ended))) {
      found.last_ended = leg.ended;
    }
  }
  return found;
}

}  // namespace hookledger
