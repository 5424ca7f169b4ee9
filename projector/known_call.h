#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "schemas/call_facts.h"

namespace hookledger {

/// Index into KnownCall::legs().
using LegIndex = std::uint32_t;
inline constexpr LegIndex kWholeCall = 0;  ///< Stands for the call itself, and for events that name no leg.
inline constexpr LegIndex kNoLeg = ~LegIndex{0};

/// What is known of a leg: of each kind the event that counts (CONTRACT, "Which event counts"), or null.
struct KnownLeg {
  std::string_view id;
  const EventFact* initiated = nullptr;
  const EventFact* answered = nullptr;
  const EventFact* bridged = nullptr;
  const EventFact* ended = nullptr;
  const EventFact* direction = nullptr;
  const EventFact* control_id = nullptr;
  const EventFact* named = nullptr;               ///< The earliest by (occurred_at, id) that names the leg.
  const EventFact* organization = nullptr;        ///< The first to arrive that names one.
  const EventFact* other_organization = nullptr;  ///< The first to arrive that names another than that.
  bool incoming = false;
};

/// By (initiated_at, nulls last, id): the order of a call's legs.
bool stands_before(const KnownLeg& left, const KnownLeg& right);

/// What follows from several legs together.
struct Relations {
  LegIndex originator = kNoLeg, winner = kNoLeg;
  const EventFact* originator_ended = nullptr;
  const EventFact* winner_answered = nullptr;
  LegIndex survivor = kNoLeg;  ///< Of exactly two bridged legs the one that has not ended, once the other has.
  const EventFact* peer_ended = nullptr;
  const EventFact* last_ended = nullptr;  ///< When every leg has ended.
  const EventFact* recording = nullptr;
  bool several_organizations = false;

  friend bool operator==(const Relations&, const Relations&) = default;
};

/// What one call's events mean so far, kept up to date event by event: the same notions as derive_call,
/// at a cost per event that does not grow with the call. Order of adding plays no part, but for the two
/// members that say so. Points into the facts, which must outlive it.
class KnownCall {
 public:
  explicit KnownCall(const CallFacts& facts) : facts_(facts), legs_(1) {}

  /// `event` is one of the facts and no repeat. Returns the leg that it names, else kWholeCall.
  LegIndex add(const EventFact& event);
  /// To be called after adding, before anything below is read. The legs (kWholeCall included) for which a
  /// condition may have changed since the last time; the result is valid until the next call.
  const std::vector<LegIndex>& settle();

  const CallFacts& facts() const { return facts_; }
  const std::vector<KnownLeg>& legs() const { return legs_; }
  const Relations& relations() const { return relations_; }
  /// Legs other than the originator that were answered and not ended while another one was; sorted.
  const std::vector<LegIndex>& answered_together() const { return answered_together_; }
  Text organization() const { return organization_ == nullptr ? 0 : organization_->organization; }

 private:
  LegIndex leg_of(Text id);
  bool add_to_leg(KnownLeg& leg, const EventFact& event);
  bool note_organization(KnownLeg& leg, const EventFact& event);
  bool take_if_first(const EventFact*& current, const EventFact& event) const;
  Relations relate() const;
  std::vector<LegIndex> find_answered_together(LegIndex originator) const;

  const CallFacts& facts_;
  std::vector<KnownLeg> legs_;
  std::vector<LegIndex> leg_by_text_;
  std::vector<LegIndex> changed_, settled_;
  Relations relations_;
  std::vector<LegIndex> answered_together_;
  const EventFact* organization_ = nullptr;
  const EventFact* recording_ = nullptr;
  bool several_organizations_ = false;
};

}  // namespace hookledger
