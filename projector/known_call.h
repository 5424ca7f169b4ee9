#pragma once

#include <array>
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
  const EventFact* ringing = nullptr;
  const EventFact* answered = nullptr;
  const EventFact* bridged = nullptr;
  const EventFact* ended = nullptr;
  const EventFact* direction = nullptr;
  const EventFact* control_id = nullptr;
  const EventFact* named = nullptr;  ///< The earliest by (occurred_at, id) that names the leg.
  bool incoming = false;
  bool dialled = false;  ///< As LegOutline has it, and the next.
  bool by_subscription = false;
};

/// By (initiated_at, nulls last, id): the order of a call's legs.
bool stands_before(const KnownLeg& left, const KnownLeg& right);

/// What follows from several legs, or from all events, together.
struct Relations {
  LegIndex originator = kNoLeg, winner = kNoLeg;
  std::array<LegIndex, 2> bridged_pair{kNoLeg, kNoLeg};  ///< When exactly two legs were bridged, dialled ones apart.
  const EventFact* begun = nullptr;                      ///< The first event by (occurred_at, id).
  const EventFact* last_ended = nullptr;                 ///< When every leg has ended.
  const EventFact* recording = nullptr;
  const EventFact* organization = nullptr;  ///< That names the call's.

  /// The other leg of the bridged pair that `leg` belongs to, else kNoLeg.
  LegIndex peer_of(LegIndex leg) const {
    if (leg == bridged_pair[0]) return bridged_pair[1];
    return leg == bridged_pair[1] ? bridged_pair[0] : kNoLeg;
  }

  friend bool operator==(const Relations&, const Relations&) = default;
};

/// What one call's events mean so far, kept up to date event by event: the same notions as derive_call,
/// at a cost per event that does not grow with its events. Order of adding plays no part. Points into the facts, which
/// must outlive it.
class KnownCall {
 public:
  /// `is_call`: false for a device's own events.
  explicit KnownCall(const CallFacts& facts, bool is_call = true) : facts_(facts), is_call_(is_call), legs_(1) {}

  /// `event` is one of the facts and no repeat. Returns the leg that it names, else kWholeCall.
  LegIndex add(const EventFact& event);
  /// To be called after adding, before anything below is read. The legs (kWholeCall included) for which a
  /// condition may have changed since the last time; the result is valid until the next call.
  const std::vector<LegIndex>& settle();

  const CallFacts& facts() const { return facts_; }
  bool is_call() const { return is_call_; }
  const std::vector<KnownLeg>& legs() const { return legs_; }
  const Relations& relations() const { return relations_; }
  /// The index of a leg by its id, kNoLeg when it is not known.
  LegIndex find_leg(Text id) const {
    return id == 0 || id >= leg_by_text_.size() || leg_by_text_[id] == kWholeCall ? kNoLeg : leg_by_text_[id];
  }
  Text organization() const { return relations_.organization == nullptr ? 0 : relations_.organization->organization; }
  /// In the order in which they were added.
  const std::vector<const EventFact*>& events() const { return events_; }

 private:
  LegIndex leg_of(Text id);
  bool add_to_leg(KnownLeg& leg, const EventFact& event);
  /// By (occurred_at, id); true when there is no other.
  bool comes_before(const EventFact& event, const EventFact* other) const;
  bool take_if_first(const EventFact*& current, const EventFact& event) const;
  Relations relate() const;

  const CallFacts& facts_;
  const bool is_call_;
  std::vector<KnownLeg> legs_;
  std::vector<LegIndex> leg_by_text_;
  std::vector<const EventFact*> events_;
  std::vector<LegIndex> changed_, settled_;
  Relations relations_;
  const EventFact *begun_ = nullptr, *recording_ = nullptr, *organization_ = nullptr;
};

}  // namespace hookledger
