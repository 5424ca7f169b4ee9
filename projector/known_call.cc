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
  const std::size_t legs_before = legs_.size();
  const LegIndex index = leg_of(event.leg);
  KnownLeg& leg = legs_[index];
  bool changed = legs_.size() != legs_before;
  if (index != kWholeCall) changed |= add_to_leg(leg, event);
  if (event.organization != 0) changed |= note_organization(leg, event);
  if (event.effect == Effect::kRecording) changed |= take_if_first(recording_, event);
  if (changed) changed_.push_back(index);
  return index;
}

const std::vector<LegIndex>& KnownCall::settle() {
  settled_.clear();
  if (changed_.empty()) return settled_;
  settled_.swap(changed_);
  const Relations relations = relate();
  std::vector<LegIndex> together = find_answered_together(relations.originator);
  if (relations == relations_) {
    std::ranges::set_symmetric_difference(together, answered_together_, std::back_inserter(settled_));
    std::ranges::sort(settled_);
    settled_.erase(std::unique(settled_.begin(), settled_.end()), settled_.end());
  } else {
    settled_.resize(legs_.size());
    std::iota(settled_.begin(), settled_.end(), kWholeCall);
  }
  relations_ = relations;
  answered_together_ = std::move(together);
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
  if (leg.named == nullptr || std::tuple(event.occurred_at, facts_.text(event.id)) <
                                  std::tuple(leg.named->occurred_at, facts_.text(leg.named->id))) {
    leg.named = &event;
    changed = true;
  }
  if (event.control_id != 0) take_if_first(leg.control_id, event);
  if (event.direction != 0 && take_if_first(leg.direction, event)) {
    const bool incoming = facts_.text(event.direction) == "incoming";
    changed |= incoming != leg.incoming;
    leg.incoming = incoming;
  }
  switch (event.effect) {
    case Effect::kInitiated: return take_if_first(leg.initiated, event) || changed;
    case Effect::kAnswered: return take_if_first(leg.answered, event) || changed;
    case Effect::kBridged: return take_if_first(leg.bridged, event) || changed;
    case Effect::kHangup: return take_if_first(leg.ended, event) || changed;
    case Effect::kNone:
    case Effect::kRinging:
    case Effect::kRecording: return changed;
  }
  return changed;
}

bool KnownCall::note_organization(KnownLeg& leg, const EventFact& event) {
  if (organization_ != nullptr && organization_->organization != event.organization) several_organizations_ = true;
  take_if_first(organization_, event);
  if (leg.organization == nullptr) {
    leg.organization = &event;
    return true;
  }
  if (leg.other_organization == nullptr && leg.organization->organization != event.organization) {
    leg.other_organization = &event;
    return true;
  }
  return false;
}

bool KnownCall::take_if_first(const EventFact*& current, const EventFact& event) const {
  const auto rank = [this](const EventFact& fact) {
    return std::tuple(fact.provenance, fact.occurred_at, facts_.text(fact.id));
  };
  if (current != nullptr && rank(*current) <= rank(event)) return false;
  current = &event;
  return true;
}

Relations KnownCall::relate() const {
  Relations found;
  found.recording = recording_;
  found.several_organizations = several_organizations_;
  bool all_ended = legs_.size() > 1;
  std::array<LegIndex, 2> bridged{};
  std::size_t bridged_count = 0;
  for (LegIndex index = 1; index < legs_.size(); ++index) {
    const KnownLeg& leg = legs_[index];
    const auto originates_before = [&](const KnownLeg& other) {
      return leg.incoming != other.incoming ? leg.incoming : stands_before(leg, other);
    };
    if (found.originator == kNoLeg || originates_before(legs_[found.originator])) found.originator = index;
    if (leg.bridged != nullptr && bridged_count++ < bridged.size()) bridged[bridged_count - 1] = index;
    all_ended &= leg.ended != nullptr;
  }
  if (found.originator != kNoLeg) found.originator_ended = legs_[found.originator].ended;

  const auto earlier = [this](const EventFact& left, const EventFact& right) {
    return std::tuple(left.occurred_at, facts_.text(left.id)) < std::tuple(right.occurred_at, facts_.text(right.id));
  };
  for (LegIndex index = 1; index < legs_.size(); ++index) {
    const KnownLeg& leg = legs_[index];
    if (index != found.originator && leg.answered != nullptr &&
        (found.winner_answered == nullptr || earlier(*leg.answered, *found.winner_answered))) {
      found.winner = index;
      found.winner_answered = leg.answered;
    }
    if (all_ended && (found.last_ended == nullptr || earlier(*found.last_ended, *leg.ended))) {
      found.last_ended = leg.ended;
    }
  }
  if (bridged_count == bridged.size()) {
    const EventFact* first = legs_[bridged[0]].ended;
    const EventFact* second = legs_[bridged[1]].ended;
    if ((first == nullptr) != (second == nullptr)) {
      found.survivor = first == nullptr ? bridged[0] : bridged[1];
      found.peer_ended = first == nullptr ? second : first;
    }
  }
  return found;
}

std::vector<LegIndex> KnownCall::find_answered_together(LegIndex originator) const {
  struct Stretch {
    Time from, to;
    LegIndex leg;
  };
  std::vector<Stretch> stretches;
  for (LegIndex index = 1; index < legs_.size(); ++index) {
    const KnownLeg& leg = legs_[index];
    if (index == originator || leg.answered == nullptr) continue;
    const Time to = leg.ended == nullptr ? Time::max() : leg.ended->occurred_at;
    if (leg.answered->occurred_at < to) stretches.push_back({leg.answered->occurred_at, to, index});
  }
  std::vector<LegIndex> together;
  if (stretches.size() < 2) return together;
  if (!std::ranges::is_sorted(stretches, {}, &Stretch::from)) std::ranges::sort(stretches, {}, &Stretch::from);
  Time earlier_end = Time::min();
  for (std::size_t i = 0; i < stretches.size(); ++i) {
    const bool with_earlier = stretches[i].from < earlier_end;
    const bool with_later = i + 1 < stretches.size() && stretches[i + 1].from < stretches[i].to;
    if (with_earlier || with_later) together.push_back(stretches[i].leg);
    earlier_end = std::max(earlier_end, stretches[i].to);
  }
  std::ranges::sort(together);
  return together;
}

}  // namespace hookledger
